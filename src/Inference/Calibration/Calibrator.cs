using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Calibration;

/// <summary>Fits a temperature on labelled logits and measures what it achieves.</summary>
public static class Calibrator
{
    private const float NoTemperature = 1f;

    // The α for which every manifest describes its prediction sets, whatever α its quantiles are for.
    private static readonly double[] ManifestAlphas = [0.3, 0.2, 0.1, 0.05, 0.02, 0.01];

    /// <summary>Calibrates on rows of logits and their labels.</summary>
    /// <param name="logits">
    /// The rows one after the other, n × K logits, finite or −∞. Read in place, not changed.
    /// </param>
    /// <param name="labels">The right class of each row, 0…K−1.</param>
    /// <param name="classCount">K, at least 2.</param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    /// <exception cref="InferenceException">As for <see cref="LabelledLogits"/> and for the other overload.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public static CalibrationResult Calibrate(
        ReadOnlyMemory<float> logits, ReadOnlyMemory<int> labels, int classCount, CalibrationOptions? options = null,
        CancellationToken cancellationToken = default) =>
        Calibrate(new LabelledLogits(logits, labels, classCount), options, cancellationToken);

    /// <summary>
    /// Fits the temperature, measures before and after, and takes conformal quantiles and the energy threshold at the
    /// fitted temperature. The probabilities are those that are served: the same softmax, in float, at the same float
    /// temperature. A right class with the logit −∞, which no temperature could help, counts as a probability of 2⁻¹⁴⁹
    /// at T = 1, and a warning says how many such rows there are.
    /// </summary>
    /// <param name="data">Labelled data that the model was not trained on.</param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    /// <exception cref="InferenceException">
    /// The data does not suffice: it has only one class, no temperature is best (see
    /// <see cref="TemperatureScaling.Fit"/>), or there are too few rows for an α.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public static CalibrationResult Calibrate(
        LabelledLogits data, CalibrationOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new CalibrationOptions();
        options.Validate();
        foreach (var alpha in options.Alphas)
        {
            Conformal.Rank(data.Count, alpha);
        }

        var warnings = CalibrationWarnings.Of(data, options.ClassNames);
        data = data.WithPossibleLabels();
        var exact = TemperatureScaling.Fit(data, cancellationToken);
        var temperature = (float)exact;
        var conformal = options.Alphas.Count == 0 ? null : Conformal.Fit(data, temperature, options, cancellationToken);
        double[] alphas = [.. options.Alphas, .. ManifestAlphas.Where(alpha => Conformal.Suffices(data.Count, alpha))];
        var sets = conformal is null
            ? []
            : Conformal.Evaluate(data, temperature, conformal, alphas, options.Seed, cancellationToken);
        return new CalibrationResult
        {
            Temperature = temperature,
            TemperatureInterval = options.Replicates == 0
                ? null
                : TemperatureScaling.BootstrapInterval(data, exact, options, cancellationToken),
            Count = data.Count,
            ClassCount = data.ClassCount,
            Bins = options.Bins,
            Before = Evaluate(data, NoTemperature, options, cancellationToken),
            After = Evaluate(data, temperature, options, cancellationToken),
            Conformal = conformal,
            PredictionSets = [.. sets.Take(options.Alphas.Count)],
            ManifestSets = [.. sets.Skip(options.Alphas.Count)],
            Energy = OutOfDistribution.Threshold(
                OutOfDistribution.Energies(data, temperature), options.TruePositiveRate),
            Warnings = warnings,
        };
    }

    /// <summary>
    /// What to know about labelled data before trusting its numbers: rows that look like probabilities, classes
    /// without images, right classes at −∞.
    /// </summary>
    /// <param name="data">Labelled data.</param>
    /// <param name="classNames">The names of the classes; null to call them by their numbers.</param>
    /// <returns>One sentence per finding; empty if there are none.</returns>
    public static IReadOnlyList<string> WarningsFor(LabelledLogits data, IReadOnlyList<string>? classNames = null) =>
        CalibrationWarnings.Of(data, classNames);

    /// <summary>Measures the probabilities at a given temperature, without fitting.</summary>
    /// <param name="data">Labelled data; may hold a single class.</param>
    /// <param name="temperature">T, &gt; 0 and finite.</param>
    /// <param name="options">Bins, replicates and seed; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option, or the temperature, is out of its range.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public static Evaluation Evaluate(
        LabelledLogits data, float temperature, CalibrationOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        options ??= new CalibrationOptions();
        options.Validate();
        return new Evaluator(data, temperature, options, cancellationToken).Evaluate();
    }
}
