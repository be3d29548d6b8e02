using System.Diagnostics;
using System.Diagnostics.Metrics;
using SoftmaxService.Inference.Observation;

namespace SoftmaxService.Inference.Batching;

/// <summary>The instruments that measure the runs of one version.</summary>
internal sealed class RunMetrics
{
    private static readonly Meter Meter = Telemetry.Meter;

    private static readonly Histogram<int> BatchSizes = Meter.CreateHistogram(
        "softmax.batch.size", "{item}", "Items that shared a run.",
        advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256] });

    private static readonly Histogram<double> QueueTimes = Telemetry.Seconds(
        "softmax.queue.duration", "Time that an item waited for its run; 0 where a run was free.");

    private static readonly Histogram<double> RunTimes = Telemetry.Seconds(
        "softmax.run.duration", "Time of a run, however many items share it.");

    private static readonly Counter<long> Runs = Meter.CreateCounter<long>(
        "softmax.runs", "{run}", "Runs of a model.");

    private static readonly Counter<long> Retries = Meter.CreateCounter<long>(
        "softmax.batch.retries", "{batch}", "Batches that failed and were run one by one.");

    private static readonly Counter<long> Expired = Meter.CreateCounter<long>(
        "softmax.requests.expired", "{item}",
        "Items that left the queue before they ran: out of time, or abandoned by their client.");

    private static readonly Counter<long> Ended = Meter.CreateCounter<long>(
        "softmax.runs.ended", "{run}", "Runs that lasted longer than their requests had time, and were ended.");

    private readonly KeyValuePair<string, object?>[] _tags;

    public RunMetrics(string model, string version)
    {
        _tags = [new("model", model), new("version", version)];

        // A counter that does not exist before it first counts has no increase that an alert could see.
        foreach (var counter in new[] { Runs, Retries, Expired, Ended })
        {
            counter.Add(0, _tags);
        }
    }

    public void CountRun(int items)
    {
        BatchSizes.Record(items, _tags);
        Runs.Add(1, _tags);
    }

    public void CountRunTime(long start) => RunTimes.Record(Stopwatch.GetElapsedTime(start).TotalSeconds, _tags);

    public void CountWait(TimeSpan wait) => QueueTimes.Record(wait.TotalSeconds, _tags);

    public void CountRetry() => Retries.Add(1, _tags);

    public void CountEnded() => Ended.Add(1, _tags);

    public void CountExpired() => Expired.Add(1, _tags);
}
