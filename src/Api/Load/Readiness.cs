using SoftmaxService.Inference.Models;

namespace SoftmaxService.Api.Load;

/// <summary>
/// What ready means, on every route that reports it: the first load of all models has ended, the default model is
/// served, and the service is not shutting down. The first load ends: each version has <c>Models:LoadSeconds</c>.
/// </summary>
internal sealed class Readiness(ModelRepository models, Workload workload)
{
    /// <summary>When a client should try again while the service is not ready.</summary>
    public const int RetryAfterSeconds = 5;

    public bool IsReady =>
        !IsShuttingDown
        && models.Current is { IsStarting: false, DefaultModel: { } name } catalog
        && catalog.Models.Any(model => model.Name == name);

    public bool IsShuttingDown => workload.Phase != WorkPhase.Open;
}
