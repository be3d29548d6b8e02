using System.Globalization;
using SoftmaxService.Inference.Calibration;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Models.Scores;

/// <summary>What the numbers of a model's output are, and how they become logits.</summary>
/// <param name="Kind">What the numbers are.</param>
/// <param name="Precision">How precisely they represent probabilities.</param>
/// <param name="Notes">What the model's owner should know about them, one sentence each.</param>
internal sealed record ScoresReading(OutputKind Kind, ScoresPrecision Precision, IReadOnlyList<string> Notes)
{
    /// <summary>
    /// How far from 1 a row may sum when the manifest states its kind, and how far outside of 0…1 a number is clamped
    /// rather than rejected.
    /// </summary>
    public const double StatedTolerance = 1e-2;

    private readonly float _clamped = (float)Math.Max(StatedTolerance, 2 * Precision.RoundedToZero);

    /// <summary>Replaces scores by logits, so that a temperature means the same for every model.</summary>
    /// <param name="row">One number per class, changed in place.</param>
    /// <exception cref="InferenceException">A number is not a probability.</exception>
    public void ToLogits(Span<float> row)
    {
        switch (Kind)
        {
            case OutputKind.Probabilities:
                var zero = LogitOfZero(row);
                for (var i = 0; i < row.Length; i++)
                {
                    row[i] = LogitOf(row[i], zero);
                }

                break;

            case OutputKind.LogProbabilities:
                // These were rounded to 0 before the graph took the logarithm.
                row.Replace(float.NegativeInfinity, (float)Math.Log(Precision.RoundedToZero));
                break;
        }
    }

    /// <summary>
    /// The logit of a probability that was rounded to 0. Such a class is not impossible: its probability is below the
    /// precision, and all such classes together have what the others leave of 1, or less than the precision where the
    /// others leave nothing. At T = 1 the answer is then the model's own.
    /// </summary>
    /// <exception cref="InferenceException">A number is not a probability, or they do not sum to 1.</exception>
    private float LogitOfZero(ReadOnlySpan<float> row)
    {
        var (sum, zeros) = (0.0, 0);
        foreach (var probability in row)
        {
            RejectOutside(probability);
            var isZero = probability <= Precision.RoundedToZero;
            zeros += isZero ? 1 : 0;
            sum += isZero ? 0 : probability;
        }

        if (Math.Abs(sum - 1) > Math.Max(StatedTolerance, Precision.SumTolerance))
        {
            throw new InferenceException(InferenceError.ModelOutputNotFinite, string.Create(
                CultureInfo.InvariantCulture,
                $"The model's probabilities for this image sum to {sum:G4}; for others they sum to 1. "
                + $"The model, or its manifest's output.kind or input scaling, is at fault."));
        }

        var share = Math.Max(1 - sum, Precision.RoundedToZero) / Math.Max(zeros, 1);
        return (float)Math.Log(Math.Min(share, Precision.RoundedToZero));
    }

    private float LogitOf(float probability, float zero) =>
        probability <= Precision.RoundedToZero ? zero
        : probability > 1 && float.IsFinite(probability) ? 0f
        : MathF.Log(probability);

    private void RejectOutside(float probability)
    {
        if (probability < -_clamped || (probability > 1 + _clamped && float.IsFinite(probability)))
        {
            throw new InferenceException(InferenceError.ModelOutputNotFinite, string.Create(
                CultureInfo.InvariantCulture,
                $"The model gave {probability:G4} for a class of this image; for others it gives probabilities in 0…1. "
                + $"The model, or its manifest's output.kind, is at fault."));
        }
    }
}
