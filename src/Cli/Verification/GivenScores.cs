using SoftmaxService.Cli.Data;
using SoftmaxService.Inference.Calibration;

namespace SoftmaxService.Cli.Verification;

/// <summary>The maker's scores of one image.</summary>
/// <param name="Values">One number per class.</param>
/// <param name="Kind">What they are, as their numbers show.</param>
internal sealed record GivenScores(float[] Values, OutputKind Kind)
{
    // Of 32-bit floats that were summed over many classes, or saved as 16-bit floats.
    private const double Tolerance = 2e-3;

    /// <summary>The numbers as logits, of which a softmax makes the probabilities.</summary>
    public float[] Logits { get; } = Kind == OutputKind.Probabilities
        ? [.. Values.Select(value => MathF.Log(MathF.Max(value, float.Epsilon)))]
        : Values;

    /// <exception cref="DataException">
    /// The file cannot be read, or does not hold one number for each class of one image.
    /// </exception>
    public static GivenScores Read(string path, int classCount)
    {
        var given = GivenArray.Read(path, array => array.Count == classCount);
        if (given.Array.Count != classCount)
        {
            throw new DataException(
                $"{given.Path}: the shape of the scores is {given.Array.ShapeText}, but the model has {classCount} "
                + "classes; give the scores of one image.");
        }

        var values = given.Array.ToFloats();
        return Array.Exists(values, value => float.IsNaN(value) || float.IsPositiveInfinity(value))
            ? throw new DataException($"{given.Path}: scores must not be NaN or +Infinity.")
            : new GivenScores(values, KindOf(values));
    }

    private static OutputKind KindOf(float[] values) =>
        values.All(value => value >= -Tolerance) && Math.Abs(values.Sum(value => (double)value) - 1) <= Tolerance
            ? OutputKind.Probabilities
        : values.All(value => value <= Tolerance) && Math.Abs(values.Sum(value => Math.Exp(value)) - 1) <= Tolerance
            ? OutputKind.LogProbabilities
        : OutputKind.Logits;
}
