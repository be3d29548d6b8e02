using System.Text.Json.Serialization;
using SoftmaxService.Inference.Calibration;

namespace SoftmaxService.Cli.Evaluations;

/// <summary>All that an evaluation or a calibration found; what is written for machines is this.</summary>
internal sealed record Findings
{
    /// <summary>The model's name and version; absent where there were only logits.</summary>
    public string? Model { get; init; }

    public required string Dataset { get; init; }

    public required int Count { get; init; }

    public required int Bins { get; init; }

    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>
    /// The temperature of <see cref="After"/>, and where it comes from: <c>request</c>, <c>calibrated</c>,
    /// <c>fitted</c> or <c>default</c>.
    /// </summary>
    public required float Temperature { get; init; }

    public required string TemperatureSource { get; init; }

    /// <summary>The fitted temperature's 95 % interval.</summary>
    public Interval? TemperatureInterval { get; init; }

    /// <summary>Measured at T = 1.</summary>
    public required Evaluation Before { get; init; }

    /// <summary>Measured at the temperature in use; absent where that is 1.</summary>
    public Evaluation? After { get; init; }

    /// <summary>What prediction sets did, by the quantiles in the manifest or, calibrating, by those found.</summary>
    public IReadOnlyList<PredictionSetEvaluation>? PredictionSets { get; init; }

    /// <summary>The quantiles themselves, by α.</summary>
    public IReadOnlyDictionary<string, double>? Quantiles { get; init; }

    /// <summary>The same sets for a range of α, for the drawing.</summary>
    [JsonIgnore]
    public IReadOnlyList<PredictionSetEvaluation> Curve { get; init; } = [];

    public EnergyThreshold? Energy { get; init; }

    public IReadOnlyList<OtherData>? OutOfDistribution { get; init; }

    /// <summary>What is to be known of the data before these numbers are trusted; absent where nothing is.</summary>
    public IReadOnlyList<string>? Warnings { get; init; }

    public required IReadOnlyList<Mistake> MostConfidentMistakes { get; init; }

    public IReadOnlyList<SlowImage>? SlowestImages { get; init; }

    public double? MedianMilliseconds { get; init; }

    [JsonIgnore]
    public Evaluation InUse => After ?? Before;

    /// <summary>The measurements, with what to call them.</summary>
    [JsonIgnore]
    public IReadOnlyList<(string Name, Evaluation Evaluation)> Columns =>
        After is null
            ? [("T = 1", Before)]
            :
            [
                ("before, T = 1", Before),
                (
                    $"{(TemperatureSource == "request" ? "requested" : "after")}, T = "
                        + $"{Numbers.Of(Temperature, "0.####")}",
                    After),
            ];
}

/// <summary>How well the energy tells another data set from the evaluated one.</summary>
/// <param name="Dataset">The other data set.</param>
/// <param name="Count">Its images.</param>
/// <param name="Auroc">
/// The probability that one of its images has a higher energy than one of the evaluated; 0.5 is chance.
/// </param>
/// <param name="RejectedShare">
/// The share of it above the manifest's energy threshold; absent where there is none.
/// </param>
internal sealed record OtherData(string Dataset, int Count, double Auroc, double? RejectedShare);

/// <summary>An image that was classified wrongly.</summary>
internal sealed record Mistake(string Source, string Label, string Predicted, double Confidence)
{
    [JsonIgnore]
    public byte[]? Encoded { get; init; }
}

/// <summary>An image that took long.</summary>
internal sealed record SlowImage(string Source, double Milliseconds);
