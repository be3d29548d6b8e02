using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace SoftmaxService.Inference.Observation;

/// <summary>The telemetry of inference: a meter and a source of spans.</summary>
public static class Telemetry
{
    /// <summary>The name of the meter that counts runs, answers and times.</summary>
    public const string MeterName = "SoftmaxService.Inference";

    /// <summary>
    /// The name of the source of the spans <c>decode</c>, <c>queue</c>, <c>run</c>, <c>batch</c> and <c>softmax</c>.
    /// </summary>
    public const string SpansName = "SoftmaxService.Inference";

    /// <summary>The buckets of a histogram of times in seconds: three per decade, from 50 µs to 10 s.</summary>
    public static InstrumentAdvice<double> SecondsAdvice { get; } = new()
    {
        HistogramBucketBoundaries =
        [
            0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
        ],
    };

    internal static Meter Meter { get; } = new(MeterName);

    /// <summary>Starts no span and costs nothing if nobody listens.</summary>
    internal static ActivitySource Spans { get; } = new(SpansName);

    internal static Histogram<double> Seconds(string name, string description) =>
        Meter.CreateHistogram(name, "s", description, advice: SecondsAdvice);
}
