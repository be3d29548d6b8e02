using System.Diagnostics.Metrics;

namespace SoftmaxService.Inference.Batching;

/// <summary>What can be measured of runs from outside, for each model and version.</summary>
internal sealed class RunMetrics(string model, string version)
{
    public const string MeterName = "SoftmaxService.Inference";

    private static readonly Meter Meter = new(MeterName);
    private static readonly Histogram<int> BatchSizes = Meter.CreateHistogram("softmax.batch.size", "{item}", "Items that shared a run.", advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256] });
    private static readonly Counter<long> Runs = Meter.CreateCounter<long>("softmax.runs", "{run}", "Runs of a model.");
    private static readonly Counter<long> Retries = Meter.CreateCounter<long>("softmax.batch.retries", "{batch}", "Batches that failed and were run one by one.");

    private static readonly Counter<long> Shed = Meter.CreateCounter<long>("softmax.requests.shed", "{request}", "Requests that were refused because the model had too much before it.");
    private static readonly Counter<long> Expired = Meter.CreateCounter<long>("softmax.requests.expired", "{item}", "Items that left the line before they ran: out of time, or their client gone.");

    private readonly KeyValuePair<string, object?>[] _tags = [new("model", model), new("version", version)];

    public void CountRun(int items)
    {
        BatchSizes.Record(items, _tags);
        Runs.Add(1, _tags);
    }

    public void CountShed() => Shed.Add(1, _tags);

    public void CountExpired() => Expired.Add(1, _tags);

    public void CountRetry() => Retries.Add(1, _tags);
}
