using System.Diagnostics.Metrics;

namespace SoftmaxService.Inference.Models;

/// <summary>The meter of one repository.</summary>
internal sealed class RepositoryMetrics : IDisposable
{
    private readonly Meter _meter;
    private readonly Counter<long> _loads;
    private readonly Counter<long> _reloads;
    private readonly Counter<long> _failedLoads;
    private readonly Counter<long> _unloads;

    public RepositoryMetrics(ModelRepository repository)
    {
        _meter = new Meter(new MeterOptions(ModelRepository.MeterName) { Scope = repository });
        _loads = _meter.CreateCounter<long>(
            "softmax.models.loads", "{load}", "Versions that were loaded, replacements included.");
        _reloads = _meter.CreateCounter<long>(
            "softmax.models.reloads", "{load}", "Loads that replaced a version's older content.");
        _failedLoads = _meter.CreateCounter<long>(
            "softmax.models.failed_loads", "{load}", "Versions whose files could not be loaded.");
        _unloads = _meter.CreateCounter<long>(
            "softmax.models.unloads", "{unload}", "Versions no longer served; replacements are not counted.");
        _meter.CreateObservableGauge(
            "softmax.models.served", () => repository.Current.Models.Count, "{version}",
            "Versions that answer requests.");
        _meter.CreateObservableGauge(
            "softmax.models.loaded", () => repository.LoadedCount, "{version}",
            "Versions in memory: those that answer, and those that were replaced under requests that still run.");
        _meter.CreateObservableGauge(
            "softmax.models.failing", () => repository.Current.Failures.Count, "{version}",
            "Versions and folders that cannot be served as they are now.");
        _meter.CreateObservableGauge(
            "softmax.models.loading", () => repository.Current.Loading.Count, "{version}",
            "Versions that were found and do not answer yet.");
        _meter.CreateObservableGauge(
            "softmax.models.abandoned_loads", () => repository.AbandonedLoads, "{load}",
            "Loads that took too long, were given up, and still run.");
        _meter.CreateObservableGauge(
            "softmax.models.warnings", () => repository.Current.Models.Select(Warnings), "{warning}",
            "What was assumed about a version and can change its answers.");
        _meter.CreateObservableGauge(
            "softmax.queue.length", () => repository.Current.Models.Select(Waiting), "{item}",
            "Items that wait for a run.");
    }

    public void Count(ModelChange change)
    {
        if (change.Kind == ModelChangeKind.RunsFailing)
        {
            return; // RunMetrics counts the runs
        }

        var counter = change.Kind switch
        {
            ModelChangeKind.Loaded => _loads,
            ModelChangeKind.Failed => _failedLoads,
            _ => _unloads,
        };
        counter.Add(1, new("model", change.Name), new("version", change.Version));

        // Also counts 0, so that the first reload is seen as an increase.
        if (change.Kind == ModelChangeKind.Loaded)
        {
            _reloads.Add(change.IsReplacement ? 1 : 0, new("model", change.Name), new("version", change.Version));
        }
    }

    private static Measurement<int> Waiting(ClassifierModel model) => Of(model, model.Queue.WaitingCount);

    private static Measurement<int> Warnings(ClassifierModel model) => Of(model, model.Warnings.Count);

    private static Measurement<int> Of(ClassifierModel model, int value) =>
        new(
            value,
            new KeyValuePair<string, object?>("model", model.Name),
            new KeyValuePair<string, object?>("version", model.Version));

    public void Dispose() => _meter.Dispose();
}
