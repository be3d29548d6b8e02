using System.Numerics.Tensors;

namespace SoftmaxService.Training.Data;

/// <summary>
/// Images of one size, one byte a pixel and channel, and the class of each. An image is its channels, one plane after
/// the other.
/// </summary>
internal sealed record LabelledImages(int Channels, int Height, int Width, byte[] Pixels, byte[] Labels)
{
    public int Count => Labels.Length;

    public int BytesPerImage => Channels * Height * Width;

    /// <summary>The names that MNIST and its relatives give to a part's images and labels.</summary>
    public static string[] IdxFileNames(string prefix) =>
        [$"{prefix}-images-idx3-ubyte.gz", $"{prefix}-labels-idx1-ubyte.gz"];

    public static LabelledImages ReadIdx(string folder, string prefix, int classCount)
    {
        var names = IdxFileNames(prefix);
        var imagesPath = ExistingFile(folder, names[0]);
        var labelsPath = ExistingFile(folder, names[1]);
        var images = IdxFile.ReadGzip(imagesPath);
        var labels = IdxFile.ReadGzip(labelsPath);

        if (images.Dimensions is not [var count, var height, var width])
        {
            throw new InvalidDataException(
                $"{Path.GetFileName(imagesPath)} has {images.Dimensions.Count} dimensions; images have 3.");
        }

        if (labels.Dimensions is not [var labelCount] || labelCount != count)
        {
            throw new InvalidDataException(
                $"{Path.GetFileName(labelsPath)} has the dimensions [{string.Join(", ", labels.Dimensions)}]; for "
                    + $"{count} images it must be [{count}].");
        }

        if (labels.Elements.AsSpan().IndexOfAnyExceptInRange((byte)0, (byte)(classCount - 1)) is var wrong and >= 0)
        {
            throw new InvalidDataException(
                $"{Path.GetFileName(labelsPath)} gives image {wrong} the class {labels.Elements[wrong]}; there are "
                    + $"{classCount} classes.");
        }

        return new LabelledImages(1, height, width, images.Elements, labels.Elements);
    }

    public LabelledImages Slice(Range range)
    {
        var (start, count) = range.GetOffsetAndLength(Count);
        return this with
        {
            Pixels = Pixels.AsSpan(start * BytesPerImage, count * BytesPerImage).ToArray(),
            Labels = Labels.AsSpan(start, count).ToArray(),
        };
    }

    /// <summary>
    /// How many images have their largest logit at their class; <paramref name="logits"/> has one row an image.
    /// </summary>
    public int CountRight(ReadOnlySpan<float> logits)
    {
        var classCount = logits.Length / Count;
        var right = 0;
        for (var i = 0; i < Count; i++)
        {
            right += TensorPrimitives.IndexOfMax(logits.Slice(i * classCount, classCount)) == Labels[i] ? 1 : 0;
        }

        return right;
    }

    public static string ExistingFile(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        return File.Exists(path)
            ? path
            : throw new FileNotFoundException($"The data folder {folder} has no {name}.", path);
    }
}
