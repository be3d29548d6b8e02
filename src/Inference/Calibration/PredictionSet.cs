using System.Buffers;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Numerics;

namespace SoftmaxService.Inference.Calibration;

/// <summary>
/// Classes of which one is right with a probability of at least 1 − α, over images like those of the calibration: a conformal set.
/// Angelopoulos and Bates, "A Gentle Introduction to Conformal Prediction and Distribution-Free Uncertainty Quantification", 2021.
/// </summary>
public sealed record PredictionSet
{
    /// <summary>The miscoverage that was asked for.</summary>
    public required double Alpha { get; init; }

    /// <summary>The score that the set was made by.</summary>
    public required ConformalMethod Method { get; init; }

    /// <summary>The classes, most probable first; at least one.</summary>
    public required IReadOnlyList<int> Indices { get; init; }

    /// <summary>Whether the conformal set was empty, no class fitting well enough, and the top class stands in for it.</summary>
    public required bool TopClassAdded { get; init; }

    /// <summary>
    /// The set for one row of logits: every class whose score is at most α's quantile. Probabilities are taken at the calibrated temperature,
    /// whatever temperature an answer shows: the quantile holds for no other.
    /// </summary>
    /// <param name="logits">K logits, finite or −∞, not all −∞.</param>
    /// <param name="calibration">The manifest's calibration, or null where there is none.</param>
    /// <param name="alpha">α, inside 0…1.</param>
    /// <exception cref="InferenceException">The model has no conformal calibration, or none for this α; the message says which it has.</exception>
    /// <exception cref="ArgumentException">The row has no probabilities.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="alpha"/> is not inside 0…1, or the calibrated temperature is not above 0 and finite.</exception>
    public static PredictionSet Of(ReadOnlySpan<float> logits, ManifestCalibration? calibration, double alpha)
    {
        var quantile = Conformal.QuantileFor(calibration?.Conformal, alpha);
        var method = calibration!.Conformal!.Method; // else there were no quantile
        var rented = ArrayPool<float>.Shared.Rent(logits.Length);
        try
        {
            var probabilities = rented.AsSpan(0, logits.Length);
            var ranked = new int[logits.Length];
            Softmax.Compute(logits, probabilities, (float)calibration.Temperature);
            if (float.IsNaN(probabilities[0]))
                throw new ArgumentException("The row holds NaN or +∞, or nothing but −∞: it has no probabilities.", nameof(logits));

            Ranking.TopK(logits, ranked);
            var size = Conformal.SizeOf(method, probabilities, ranked, quantile, Conformal.Unrandomized(method));
            return new PredictionSet { Alpha = alpha, Method = method, Indices = ranked[..Math.Max(size, 1)], TopClassAdded = size == 0 };
        }
        finally
        {
            ArrayPool<float>.Shared.Return(rented);
        }
    }
}
