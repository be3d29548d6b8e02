using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using SeriesByTags = System.Collections.Concurrent.ConcurrentDictionary<
    System.Collections.Generic.KeyValuePair<string, object?>[],
    SoftmaxService.Api.Metrics.MetricSeries>.AlternateLookup<
    System.ReadOnlySpan<System.Collections.Generic.KeyValuePair<string, object?>>>;

namespace SoftmaxService.Api.Metrics;

internal enum MetricKind
{
    Counter,
    Gauge,
    Histogram,
}

/// <summary>All series of one instrument.</summary>
internal sealed class MetricFamily
{
    // .NET declares them as counters, but they also decrease.
    private static readonly string[] Levels = ["dotnet.thread_pool.thread.count", "dotnet.thread_pool.queue.length"];

    private readonly ConcurrentDictionary<KeyValuePair<string, object?>[], MetricSeries> _series =
        new(LabelSets.Comparer);
    private readonly SeriesByTags _byTags;
    private readonly double[]? _boundaries;

    public MetricFamily(Instrument instrument)
    {
        Kind = KindOf(instrument);
        IsObserved = instrument.IsObservable;
        Name = NameOf(instrument, Kind);
        Description = instrument.Description ?? "";
        _boundaries = Kind == MetricKind.Histogram ? BoundariesOf(instrument) : null;
        _byTags = _series.GetAlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>>();
    }

    public MetricKind Kind { get; }

    /// <summary>Whether its values are read at each collection, rather than recorded when they change.</summary>
    public bool IsObserved { get; }

    /// <summary>
    /// The name by Prometheus' rules: dots are underscores, the unit is spelt out, and a counter ends in <c>_total</c>.
    /// </summary>
    public string Name { get; }

    public string Description { get; }

    public double[] Boundaries => _boundaries ?? [];

    public IEnumerable<MetricSeries> Series => _series.Values;

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (!_byTags.TryGetValue(tags, out var series))
        {
            var labels = tags.ToArray();
            series = _series.GetOrAdd(labels, new MetricSeries(labels, _boundaries));
        }

        series.Record(value);
    }

    public void Remove(MetricSeries series) => _series.TryRemove(series.Labels, out _);

    public void Clear() => _series.Clear();

    private static MetricKind KindOf(Instrument instrument) => instrument switch
    {
        _ when Levels.Contains(instrument.Name) => MetricKind.Gauge,
        Histogram<double> or Histogram<int> or Histogram<long> => MetricKind.Histogram,
        Counter<long> or Counter<int> or Counter<double> => MetricKind.Counter,
        ObservableCounter<long> or ObservableCounter<int> or ObservableCounter<double> => MetricKind.Counter,
        _ => MetricKind.Gauge,
    };

    private static string NameOf(Instrument instrument, MetricKind kind)
    {
        var unit = instrument.Unit switch
        {
            "s" => "_seconds",
            "By" => "_bytes",
            _ => "",
        };
        return $"{instrument.Name.Replace('.', '_')}{unit}{(kind == MetricKind.Counter ? "_total" : "")}";
    }

    private static double[] BoundariesOf(Instrument instrument) => instrument switch
    {
        Histogram<double> { Advice.HistogramBucketBoundaries: { } boundaries } => [.. boundaries],
        Histogram<int> { Advice.HistogramBucketBoundaries: { } boundaries } =>
            [.. boundaries.Select(boundary => (double)boundary)],
        _ => throw new InvalidOperationException($"{instrument.Name} declares no buckets."),
    };
}
