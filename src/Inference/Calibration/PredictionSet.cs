using System.Buffers;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Numerics;

namespace SoftmaxService.Inference.Calibration;

/// <summary>
/// Classes that include the right one with a probability of at least 1 − α, over images like those of the calibration:
/// a conformal set. Angelopoulos and Bates, "A Gentle Introduction to Conformal Prediction and Distribution-Free
/// Uncertainty Quantification", 2021.
/// </summary>
public sealed record PredictionSet
{
    /// <summary>The requested miscoverage α.</summary>
    public required double Alpha { get; init; }

    /// <summary>The score that the set was made by.</summary>
    public required ConformalMethod Method { get; init; }

    /// <summary>The classes, most probable first; at least one.</summary>
    public required IReadOnlyList<int> Indices { get; init; }

    /// <summary>
    /// Whether the conformal set was empty, because no class had a score within the quantile; the top class then stands
    /// in.
    /// </summary>
    public required bool TopClassAdded { get; init; }

    /// <summary>
    /// The set for one row of logits: every class whose score is at most α's quantile. Probabilities are taken at the
    /// calibrated temperature, because the quantile is valid for no other.
    /// </summary>
    /// <param name="logits">K logits, finite or −∞, not all −∞.</param>
    /// <param name="calibration">The manifest's calibration, or null where there is none.</param>
    /// <param name="alpha">α, inside 0…1.</param>
    /// <exception cref="InferenceException">
    /// The model has no conformal calibration, or none for this α; the message says which it has.
    /// </exception>
    /// <exception cref="ArgumentException">The row has no probabilities.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="alpha"/> is not inside 0…1, or the calibrated temperature is not above 0 and finite.
    /// </exception>
    public static PredictionSet Of(ReadOnlySpan<float> logits, ManifestCalibration? calibration, double alpha)
    {
        var quantile = ConformalQuantile.For(calibration?.Conformal, alpha);
        var rented = ArrayPool<float>.Shared.Rent(logits.Length);
        try
        {
            var probabilities = rented.AsSpan(0, logits.Length);
            Softmax.Compute(logits, probabilities, (float)calibration!.Temperature); // it has a quantile
            if (float.IsNaN(probabilities[0]))
            {
                throw new ArgumentException(
                    "The row holds NaN or +∞, or nothing but −∞: it has no probabilities.", nameof(logits));
            }

            var ranking = new int[logits.Length];
            Ranking.TopK(logits, ranking);
            return Of(probabilities, ranking, quantile);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(rented);
        }
    }

    /// <summary>The set for one row whose probabilities and ranking are known.</summary>
    /// <param name="probabilities">K probabilities at the calibrated temperature.</param>
    /// <param name="ranking">The indices of all K classes, most probable first.</param>
    /// <param name="quantile">The quantile for the requested α.</param>
    internal static PredictionSet Of(
        ReadOnlySpan<float> probabilities, ReadOnlySpan<int> ranking, ConformalQuantile quantile)
    {
        var count = quantile.CountClasses(probabilities, ranking);
        return new PredictionSet
        {
            Alpha = quantile.Alpha,
            Method = quantile.Method,
            Indices = ranking[..Math.Max(count, 1)].ToArray(),
            TopClassAdded = count == 0,
        };
    }
}
