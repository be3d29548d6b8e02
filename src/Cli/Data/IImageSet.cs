namespace SoftmaxService.Cli.Data;

/// <summary>One image of a data set.</summary>
/// <param name="Source">Where it stands, for messages and lists: a path, or a file and a position in it.</param>
/// <param name="Label">Its class; −1 where the set is read without labels.</param>
/// <param name="Encoded">The bytes of an image file, as they would be posted to the service.</param>
internal sealed record LabelledImage(string Source, int Label, byte[] Encoded);

/// <summary>Images in an order that is the same each time, read one at a time.</summary>
internal interface IImageSet
{
    /// <summary>What a manifest or a table may call it.</summary>
    string Name { get; }

    int Count { get; }

    /// <summary>Reads the images that are selected; the caller keeps within <see cref="Count"/>.</summary>
    /// <exception cref="DataException">A file is missing, cut off, or not what it should be.</exception>
    IEnumerable<LabelledImage> Read(Selection selection);
}
