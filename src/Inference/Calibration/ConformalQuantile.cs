using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Calibration;

/// <summary>
/// The conformal quantile for one α: a class is in the prediction set when its score is at most this. Looked up once
/// for a request, and used for each of its images.
/// </summary>
/// <param name="Alpha">The requested miscoverage α, inside 0…1.</param>
/// <param name="Method">The score that the quantile was taken of.</param>
/// <param name="Value">The quantile.</param>
public sealed record ConformalQuantile(double Alpha, ConformalMethod Method, double Value)
{
    /// <summary>Looks up the quantile of a calibrated model.</summary>
    /// <param name="conformal">The manifest's <c>calibration.conformal</c>, or null where there is none.</param>
    /// <param name="alpha">α, inside 0…1.</param>
    /// <exception cref="InferenceException">
    /// The model has no conformal calibration, or none for this α; the message says which it has.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="alpha"/> is not inside 0…1.</exception>
    public static ConformalQuantile For(ConformalQuantiles? conformal, double alpha)
    {
        var value = Conformal.QuantileFor(conformal, alpha);
        return new ConformalQuantile(alpha, conformal!.Method, value); // QuantileFor throws where it is null
    }

    /// <summary>
    /// How many classes, from the most probable, have a score of at most the quantile; 0 where none has.
    /// </summary>
    internal int CountClasses(ReadOnlySpan<float> probabilities, ReadOnlySpan<int> ranking) =>
        Conformal.SizeOf(Method, probabilities, ranking, Value, Conformal.Unrandomized(Method));
}
