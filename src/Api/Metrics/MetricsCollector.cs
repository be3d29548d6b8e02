using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using SoftmaxService.Inference.Models;
using SoftmaxService.Inference.Observation;

namespace SoftmaxService.Api.Metrics;

/// <summary>
/// Listens to the meters of this service, and to those of .NET and Kestrel for memory, threads and connections, and
/// keeps what they measure for <c>GET /metrics</c>. No client can choose a label's value: they are routes, names of
/// models and their classes, and status codes.
/// </summary>
internal sealed class MetricsCollector : IDisposable
{
    /// <summary>
    /// How long the series of a version are kept after it is no longer served, so that they are read once more.
    /// </summary>
    public static readonly TimeSpan Retention = TimeSpan.FromMinutes(5);

    private static readonly HashSet<string> Platform =
    [
        "dotnet.process.cpu.time",
        "dotnet.process.memory.working_set",
        "dotnet.gc.collections",
        "dotnet.gc.pause.time",
        "dotnet.gc.heap.total_allocated",
        "dotnet.gc.last_collection.heap.size",
        "dotnet.thread_pool.thread.count",
        "dotnet.thread_pool.queue.length",
        "kestrel.active_connections",
    ];

    private readonly ModelRepository _models;
    private readonly IMeterFactory _meters;
    private readonly TimeProvider _time;
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, MetricFamily> _families = new(StringComparer.Ordinal);
    private readonly Lock _collection = new();

    public MetricsCollector(ModelRepository models, IMeterFactory meters, TimeProvider time)
    {
        (_models, _meters, _time) = (models, meters, time);
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (IsShown(instrument))
            {
                listener.EnableMeasurementEvents(
                    instrument, _families.GetOrAdd(instrument.Name, _ => new MetricFamily(instrument)));
            }
        };
        // As enabled above.
        _listener.SetMeasurementEventCallback<double>(
            static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<long>(
            static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<int>(
            static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.Start();
    }

    /// <summary>Writes all current values in Prometheus' text format.</summary>
    public void Write(PrometheusText text)
    {
        lock (_collection)
        {
            Collect();
            foreach (var family in _families.Values.OrderBy(family => family.Name, StringComparer.Ordinal))
            {
                text.Write(family);
            }
        }
    }

    public void Dispose() => _listener.Dispose();

    /// <summary>Another host in this process may have a repository of its own.</summary>
    private bool IsShown(Instrument instrument) => instrument.Meter switch
    {
        { Name: Telemetry.MeterName } => true,
        { Name: ModelRepository.MeterName, Scope: var scope } => ReferenceEquals(scope, _models),
        { Name: var name, Scope: var scope } when name.StartsWith(RequestMetrics.MeterName, StringComparison.Ordinal) =>
            ReferenceEquals(scope, _meters),
        { Scope: var scope } =>
            Platform.Contains(instrument.Name) && (scope is null || ReferenceEquals(scope, _meters)),
    };

    private void Collect()
    {
        var served = _models.Current.Models.Select(model => (model.Name, model.Version)).ToHashSet();
        foreach (var family in _families.Values)
        {
            if (family.IsObserved)
            {
                family.Clear();
                continue;
            }

            foreach (
                var series in family.Series.Where(
                    series =>
                        VersionOf(series) is { } version
                        && !served.Contains(version)
                        && series.IdleTime(_time) >= Retention))
            {
                family.Remove(series);
            }
        }

        _listener.RecordObservableInstruments();
    }

    private static (string Model, string Version)? VersionOf(MetricSeries series)
    {
        var model = Array.Find(series.Labels, label => label.Key == "model").Value as string;
        var version = Array.Find(series.Labels, label => label.Key == "version").Value as string;
        return model is null || version is null ? null : (model, version);
    }
}
