using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace SoftmaxService.Inference.Observation;

/// <summary>
/// Measures the images and answers of one version: how long images take to decode, and what the model answers.
/// </summary>
/// <param name="model">The model's name.</param>
/// <param name="version">The version's name.</param>
/// <param name="labels">One name per class.</param>
internal sealed class ModelMetrics(string model, string version, IReadOnlyList<string> labels)
{
    /// <summary>
    /// A model with more classes counts all its answers under <see cref="OtherClass"/>: one time series per class would
    /// cost more than it is worth.
    /// </summary>
    public const int MaxClasses = 100;

    public const string OtherClass = "other";

    private static readonly Histogram<double> DecodeTimes = Telemetry.Seconds(
        "softmax.decode.duration", "Time from an image's bytes to the model's input.");

    private static readonly Histogram<double> GateTimes = Telemetry.Seconds(
        "softmax.gate.duration",
        "Time that an image waited for a place to be decoded; none is counted where one was free.");

    private static readonly Histogram<double> LongGateTimes = Telemetry.Seconds(
        "softmax.gate.long.duration",
        "Time that an image which takes long to decode waited for others of its kind; none is counted where it did not "
        + "wait.");

    private static readonly Histogram<double> MemoryTimes = Telemetry.Seconds(
        "softmax.gate.memory.duration",
        "Time that an image waited for memory to be decoded; none is counted where enough was free.");

    private static readonly Counter<long> Predictions = Telemetry.Meter.CreateCounter<long>(
        "softmax.predictions", "{answer}", "Answers by their most probable class.");

    private static readonly Histogram<double> Confidences = Telemetry.Meter.CreateHistogram(
        "softmax.confidence", null, "The largest probability of an answer, at the model's own temperature.",
        advice: new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999, 1],
        });

    private static readonly Histogram<double> Entropies = Telemetry.Meter.CreateHistogram(
        "softmax.entropy", "{nat}",
        "The entropy of an answer's probabilities, in nats, at the model's own temperature.",
        advice: new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 3, 5, 7],
        });

    private readonly KeyValuePair<string, object?>[] _tags = [new("model", model), new("version", version)];

    private readonly KeyValuePair<string, object?>[][] _classTags =
    [
        .. (labels.Count <= MaxClasses ? labels : [OtherClass]).Select(label =>
            new KeyValuePair<string, object?>[] { new("model", model), new("version", version), new("class", label) }),
    ];

    public void CountDecoding(long start) => DecodeTimes.Record(Stopwatch.GetElapsedTime(start).TotalSeconds, _tags);

    public void CountGate(long start) => GateTimes.Record(Stopwatch.GetElapsedTime(start).TotalSeconds, _tags);

    public void CountLongGate(long start) =>
        LongGateTimes.Record(Stopwatch.GetElapsedTime(start).TotalSeconds, _tags);

    public void CountMemory(long start) => MemoryTimes.Record(Stopwatch.GetElapsedTime(start).TotalSeconds, _tags);

    /// <summary>Counts an answer: its most probable class, that class's probability, and the entropy.</summary>
    public void CountAnswer(int index, float confidence, float entropy)
    {
        Confidences.Record(confidence, _tags);
        Entropies.Record(entropy, _tags);
        Predictions.Add(1, _classTags[Math.Min(index, _classTags.Length - 1)]);
    }
}
