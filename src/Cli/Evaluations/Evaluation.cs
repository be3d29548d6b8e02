using System.Text.Json.Serialization;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Cli.Evaluations;

/// <summary>A number and its 95 % interval.</summary>
internal sealed record Measured(double Value, double Low, double High);

/// <summary>How well probabilities match what happened, at one temperature.</summary>
/// <param name="Temperature">T.</param>
/// <param name="Source">Where T came from: <c>default</c>, <c>calibrated</c>, <c>request</c> or <c>fitted</c>.</param>
/// <param name="Accuracy">The share of images whose most probable class is right.</param>
/// <param name="Nll">Mean negative log-likelihood of the right class, in nats.</param>
/// <param name="Brier">Mean squared distance from the one-hot truth, 0…2.</param>
/// <param name="Ece">Expected calibration error, bins of equal width.</param>
/// <param name="Mce">Maximum calibration error, bins of equal width.</param>
/// <param name="AdaptiveEce">Expected calibration error, bins of equal mass.</param>
/// <param name="ClasswiseEce">Calibration error of each class's probability, averaged over the classes.</param>
/// <param name="Reliability">The bins of the reliability diagram.</param>
internal sealed record Measurement(
    double Temperature,
    string Source,
    Measured Accuracy,
    Measured Nll,
    Measured Brier,
    Measured Ece,
    Measured Mce,
    Measured AdaptiveEce,
    Measured ClasswiseEce,
    IReadOnlyList<ReliabilityBin> Reliability)
{
    /// <summary>The metrics with their names and whether each is a share, to be read in percent.</summary>
    [JsonIgnore]
    public IEnumerable<(string Name, Measured Value, bool IsShare)> Metrics =>
    [
        ("accuracy", Accuracy, true),
        ("NLL, nats", Nll, false),
        ("Brier score", Brier, false),
        ("ECE", Ece, true),
        ("MCE", Mce, true),
        ("adaptive ECE", AdaptiveEce, true),
        ("classwise ECE", ClasswiseEce, true),
    ];
}

/// <summary>What prediction sets of one miscoverage did on the data.</summary>
/// <param name="Alpha">The miscoverage that was asked for.</param>
/// <param name="Quantile">The score at which a set ends.</param>
/// <param name="Coverage">The share of images whose right class is in their set.</param>
/// <param name="MeanSetSize">Classes a set, on average.</param>
/// <param name="BySize">The same for the images with sets of one size, from the smallest on.</param>
internal sealed record SetCoverage(double Alpha, double Quantile, double Coverage, double MeanSetSize, IReadOnlyList<SizeCoverage> BySize);

/// <summary>The images with prediction sets of one size.</summary>
internal sealed record SizeCoverage(int Size, int Count, double Coverage);

/// <summary>Prediction sets of a whole range of quantiles: what coverage costs in classes a set.</summary>
internal sealed record CoverageCurve(string Method, IReadOnlyList<double> MeanSetSizes, IReadOnlyList<double> Coverages);

/// <summary>How well the energy tells another data set from this one.</summary>
/// <param name="Name">The other data set.</param>
/// <param name="Count">Its images.</param>
/// <param name="Auroc">The probability that an image of it has the higher energy than one of this data set; 0.5 is chance.</param>
/// <param name="RejectedShare">The share of it above the manifest's energy threshold; null where there is none.</param>
internal sealed record OutOfDistribution(string Name, int Count, double Auroc, double? RejectedShare);

/// <summary>An image that was classified wrongly.</summary>
internal sealed record Mistake(string Source, string Label, string Predicted, double Confidence)
{
    [JsonIgnore]
    public byte[]? Encoded { get; init; }
}

/// <summary>An image that took long.</summary>
internal sealed record SlowImage(string Source, double Milliseconds);

/// <summary>All that an evaluation found; what is written for machines is this.</summary>
internal sealed record Evaluation
{
    public string? Model { get; init; }

    public required string Dataset { get; init; }

    public required int Count { get; init; }

    public required int Bins { get; init; }

    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>At T = 1.</summary>
    public required Measurement Before { get; init; }

    /// <summary>At the temperature that is in use; null where that is 1.</summary>
    public Measurement? After { get; init; }

    public required IReadOnlyList<IReadOnlyList<int>> Confusion { get; init; }

    public IReadOnlyList<SetCoverage>? Conformal { get; init; }

    [JsonIgnore]
    public CoverageCurve? Curve { get; init; }

    public IReadOnlyList<OutOfDistribution>? OutOfDistribution { get; init; }

    public required IReadOnlyList<Mistake> MostConfidentMistakes { get; init; }

    public IReadOnlyList<SlowImage>? SlowestImages { get; init; }

    public double? MedianMilliseconds { get; init; }

    [JsonIgnore]
    public Measurement InUse => After ?? Before;
}
