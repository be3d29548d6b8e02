using SoftmaxService.Inference.Models;

namespace SoftmaxService.Api.Hosting;

/// <summary>What ready means, on every route that says so: the default model is served.</summary>
internal static class Readiness
{
    public static bool IsReady(ModelCatalog models) => models.DefaultModel is { } name && models.Models.Any(model => model.Name == name);
}
