using System.Diagnostics.Metrics;

namespace SoftmaxService.Inference.Models;

/// <summary>The meter of one repository.</summary>
internal sealed class RepositoryMetrics : IDisposable
{
    private readonly Meter _meter;
    private readonly Counter<long> _loads;
    private readonly Counter<long> _failedLoads;
    private readonly Counter<long> _unloads;

    public RepositoryMetrics(ModelRepository repository)
    {
        _meter = new Meter(new MeterOptions(ModelRepository.MeterName) { Scope = repository });
        _loads = _meter.CreateCounter<long>("softmax.models.loads", "{load}", "Versions that were loaded, replacements included.");
        _failedLoads = _meter.CreateCounter<long>("softmax.models.failed_loads", "{load}", "Versions whose files could not be loaded.");
        _unloads = _meter.CreateCounter<long>("softmax.models.unloads", "{unload}", "Versions that are served no longer; replacements are not counted.");
        _meter.CreateObservableGauge("softmax.models.served", () => repository.Current.Models.Count, "{version}", "Versions that answer requests.");
        _meter.CreateObservableGauge("softmax.models.loaded", () => repository.LoadedCount, "{version}", "Versions in memory: those that answer, and those that were replaced under requests that still run.");
    }

    public void Count(ModelChange change)
    {
        var counter = change.Kind switch
        {
            ModelChangeKind.Loaded => _loads,
            ModelChangeKind.Failed => _failedLoads,
            _ => _unloads,
        };
        counter.Add(1, new("model", change.Name), new("version", change.Version));
    }

    public void Dispose() => _meter.Dispose();
}
