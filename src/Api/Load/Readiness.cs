using SoftmaxService.Inference.Models;

namespace SoftmaxService.Api.Load;

/// <summary>
/// What ready means, on every route that says so: the default model is served, and the service is not about to end.
/// </summary>
internal sealed class Readiness(ModelRepository models, Workload workload)
{
    public bool IsReady =>
        !IsLeaving
        && models.Current is { DefaultModel: { } name } catalog
        && catalog.Models.Any(model => model.Name == name);

    public bool IsLeaving => workload.Phase != WorkPhase.Open;
}
