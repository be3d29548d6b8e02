namespace SoftmaxService.Cli.Data;

/// <summary>What calibration needs of a labelled data set: a row of logits and a class an image.</summary>
/// <param name="Name">What the data set is called.</param>
/// <param name="ClassNames">K names.</param>
/// <param name="Logits">K numbers an image, image after image.</param>
/// <param name="Labels">The right class of each image.</param>
internal sealed record ScoredSet(string Name, IReadOnlyList<string> ClassNames, float[] Logits, int[] Labels)
{
    public int ClassCount => ClassNames.Count;

    public int Count => Labels.Length;

    /// <summary>Where each image stands in the data.</summary>
    public required IReadOnlyList<string> Sources { get; init; }

    /// <summary>How long each image took from its bytes to its answer; empty where no model ran.</summary>
    public IReadOnlyList<double> Milliseconds { get; init; } = [];

    /// <summary>
    /// The files of the images that were classified wrongly with the most confidence, by position; empty where no model
    /// ran.
    /// </summary>
    public IReadOnlyDictionary<int, byte[]> MistakenImages { get; init; } = new Dictionary<int, byte[]>();

    /// <summary>What had to be assumed to make logits of the data.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>How many images have another class's logit above their own.</summary>
    public int CountMistakes() => Enumerable.Range(0, Count).Count(image =>
    {
        var row = Row(image);
        return row.ContainsAnyInRange(MathF.BitIncrement(row[Labels[image]]), float.PositiveInfinity);
    });

    public ReadOnlySpan<float> Row(int image) => Logits.AsSpan(image * ClassCount, ClassCount);
}
