using System.Globalization;
using SoftmaxService.Cli.Data;
using SoftmaxService.Cli.Manifests;
using SoftmaxService.Inference;
using SoftmaxService.Inference.Calibration;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Numerics;

namespace SoftmaxService.Cli.Evaluations;

/// <summary>
/// Measures scored data, using Calibration for every figure, and adds lists and curves for people.
/// </summary>
internal static class FindingsBuilder
{
    private const int MostListed = 12;
    private const int SlowestListed = 5;
    private const int CurvePoints = 60;

    /// <summary>The scored rows as Calibration takes them; what it rejects is a fault of the data.</summary>
    public static LabelledLogits ToLabelledLogits(ScoredSet scored) =>
        Rejected(scored, () => new LabelledLogits(scored.Logits, scored.Labels, scored.ClassCount));

    /// <summary>
    /// Measures at T = 1 and at the temperature that is in use, and tries the manifest's prediction sets.
    /// </summary>
    public static Findings Evaluate(
        ScoredSet scored,
        string? model,
        AppliedTemperature temperature,
        ManifestCalibration? calibration,
        CalibrationOptions options,
        CancellationToken cancellationToken)
    {
        var data = ToLabelledLogits(scored);
        return Rejected(
            scored,
            () =>
            {
                var before = Calibrator.Evaluate(data, 1f, options, cancellationToken);
                var after =
                    temperature.Value == 1f
                        ? null
                        : Calibrator.Evaluate(data, temperature.Value, options, cancellationToken);
                var sets = calibration?.Conformal is { } conformal
                    ? SetsOf(data, calibration, conformal, AlphasOf(conformal), cancellationToken)
                    : null;
                return Describe(scored, before, after) with
                {
                    Model = model,
                    Bins = options.Bins,
                    Temperature = temperature.Value,
                    TemperatureSource = Names.Of(temperature.Source),
                    PredictionSets = sets,
                    Quantiles = calibration?.Conformal?.Quantiles,
                    Curve = calibration?.Conformal is { } known
                        ? SetsOf(data, calibration, known, CurveAlphas(known), cancellationToken)
                        : [],
                    Energy = calibration?.Energy,
                    Warnings = NullIfEmpty([.. scored.Warnings, .. Calibrator.WarningsFor(data, scored.ClassNames)]),
                };
            });
    }

    /// <summary>Fits, and describes what was found on the calibration data itself.</summary>
    public static (CalibrationResult Result, Findings Findings) Calibrate(
        ScoredSet scored,
        string? model,
        CalibrationOptions options,
        CancellationToken cancellationToken)
    {
        var data = ToLabelledLogits(scored);
        return Rejected(scored, () =>
        {
            var result = Calibrator.Calibrate(data, options with { ClassNames = scored.ClassNames }, cancellationToken);
            result = result with { Warnings = [.. scored.Warnings, .. result.Warnings] };
            var calibration = result.ToManifest(scored.Name);
            return (result, Describe(scored, result.Before, result.After) with
            {
                Model = model,
                Bins = options.Bins,
                Temperature = result.Temperature,
                TemperatureSource = "fitted",
                TemperatureInterval = result.TemperatureInterval,
                PredictionSets = result.PredictionSets,
                Quantiles = result.Conformal?.Quantiles,
                Curve = result.Conformal is { } conformal
                    ? SetsOf(data, calibration, conformal, CurveAlphas(conformal), cancellationToken)
                    : [],
                Energy = result.Energy,
                Warnings = NullIfEmpty(result.Warnings),
            });
        });
    }

    /// <summary>How well the energy parts two scored sets.</summary>
    public static OtherData Compare(ScoredSet known, ScoredSet other, float temperature, EnergyThreshold? threshold)
    {
        var knownEnergies = OutOfDistribution.Energies(known.Logits, known.ClassCount, temperature);
        var otherEnergies = OutOfDistribution.Energies(other.Logits, other.ClassCount, temperature);
        return new OtherData(
            other.Name,
            other.Count,
            OutOfDistribution.Auroc(knownEnergies, otherEnergies),
            threshold is null ? null : 1 - OutOfDistribution.ShareAtOrBelow(otherEnergies, threshold.Threshold));
    }

    private static Findings Describe(ScoredSet scored, Evaluation before, Evaluation? after) =>
        new()
        {
            Dataset = scored.Name,
            Count = scored.Count,
            Bins = 0,
            Labels = scored.ClassNames,
            Temperature = 1f,
            TemperatureSource = "",
            Before = before,
            After = after,
            MostConfidentMistakes = MistakesOf(scored, (after ?? before).Temperature),
            SlowestImages =
                scored.Milliseconds.Count == 0
                    ? null
                    :
                    [
                        .. scored
                            .Milliseconds.Index()
                            .OrderByDescending(image => image.Item)
                            .Take(SlowestListed)
                            .Select(image => new SlowImage(scored.Sources[image.Index], image.Item)),
                    ],
            MedianMilliseconds =
                scored.Milliseconds.Count == 0
                    ? null
                    : scored.Milliseconds.Order().ElementAt(scored.Milliseconds.Count / 2),
        };

    private static Mistake[] MistakesOf(ScoredSet scored, float temperature)
    {
        var mistakes = new List<(int Image, int Predicted, float Confidence)>();
        var probabilities = new float[scored.ClassCount];
        var top = new int[1];
        for (var image = 0; image < scored.Count; image++)
        {
            Ranking.TopK(scored.Row(image), top);
            if (top[0] != scored.Labels[image])
            {
                Softmax.Compute(scored.Row(image), probabilities, temperature);
                mistakes.Add((image, top[0], probabilities[top[0]]));
            }
        }

        return
        [
            .. mistakes
                .OrderByDescending(mistake => mistake.Confidence)
                .Take(MostListed)
                .Select(mistake => new Mistake(
                    scored.Sources[mistake.Image],
                    scored.ClassNames[scored.Labels[mistake.Image]],
                    scored.ClassNames[mistake.Predicted],
                    mistake.Confidence)
                {
                    Encoded = scored.MistakenImages.GetValueOrDefault(mistake.Image),
                }),
        ];
    }

    private static IReadOnlyList<PredictionSetEvaluation> SetsOf(
        LabelledLogits data,
        ManifestCalibration calibration,
        ConformalQuantiles conformal,
        double[] alphas,
        CancellationToken cancellationToken) =>
        Conformal.Evaluate(
            data,
            (float)calibration.Temperature,
            conformal,
            alphas,
            cancellationToken: cancellationToken);

    private static IReadOnlyList<string>? NullIfEmpty(IReadOnlyList<string> warnings) =>
        warnings.Count > 0 ? warnings : null;

    private static double[] AlphasOf(ConformalQuantiles conformal) =>
        [
            .. conformal
                .Quantiles.Keys.Select(alpha => double.Parse(alpha, CultureInfo.InvariantCulture))
                .OrderDescending(),
        ];

    /// <summary>
    /// From one half down to the smallest that the stored scores reach, in even steps of their logarithm; none where no
    /// scores are stored.
    /// </summary>
    private static double[] CurveAlphas(ConformalQuantiles conformal)
    {
        if (conformal is not { Count: { } count, Scores: not null })
        {
            return [];
        }

        var smallest = 1.0 / (count + 0.5);
        return
        [
            .. Enumerable
                .Range(0, CurvePoints)
                .Select(step => 0.5 * Math.Pow(smallest / 0.5, step / (CurvePoints - 1.0))),
        ];
    }

    private static T Rejected<T>(ScoredSet scored, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (InferenceException exception)
        {
            throw new DataException($"{scored.Name}: {exception.Message}", exception);
        }
    }
}
