using System.Diagnostics.Metrics;
using SoftmaxService.Inference.Observation;

namespace SoftmaxService.Api.Models.Probing;

/// <summary>Counts the probes by what came of them, and times those that got as far as opening a model.</summary>
internal sealed class ProbeMetrics
{
    private static readonly (ProbeResult Result, string Name)[] Results =
    [
        (ProbeResult.Passed, "passed"),
        (ProbeResult.Rejected, "rejected"),
        (ProbeResult.Ended, "ended"),
        (ProbeResult.NotStarted, "not_started"),
    ];

    private readonly long[] _counts = new long[Results.Length];
    private readonly Histogram<double> _durations;

    public ProbeMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(new MeterOptions("SoftmaxService.Api.Models"));
        meter.CreateObservableCounter(
            "softmax.models.probes",
            () => Results.Select(result => new Measurement<long>(
                Volatile.Read(ref _counts[(int)result.Result]),
                new KeyValuePair<string, object?>("outcome", result.Name))),
            "{probe}",
            "Versions that were loaded in a process of their own first, by what came of it.");
        _durations = meter.CreateHistogram(
            "softmax.models.probe.duration",
            "s",
            "Time from the start of a probe's process to its end.",
            advice: Telemetry.SecondsAdvice);
    }

    public void Count(ProbeResult result, TimeSpan elapsed)
    {
        Interlocked.Increment(ref _counts[(int)result]);
        if (result != ProbeResult.NotStarted)
        {
            _durations.Record(elapsed.TotalSeconds);
        }
    }
}
