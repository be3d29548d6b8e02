using SoftmaxService.Api.Endpoints.Calibrate;
using SoftmaxService.Api.Endpoints.Classify;
using SoftmaxService.Api.Endpoints.Health;
using SoftmaxService.Api.Endpoints.Images;
using SoftmaxService.Api.Endpoints.Logits;
using SoftmaxService.Api.Endpoints.Models;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Batching;

namespace SoftmaxService.Api.Endpoints;

/// <summary>What our own routes need to be registered: the JSON of each resource, and what it shares.</summary>
internal static class EndpointsSetup
{
    public static void AddEndpoints(this IServiceCollection services)
    {
        services.AddJson(ImagesJsonContext.Default);
        services.AddJson(ClassifyJsonContext.Default);
        services.AddJson(LogitsJsonContext.Default);
        services.AddKeyedSingleton(LogitsCost.LargeGate, (_, _) => new ComputeGate(Environment.ProcessorCount));
        services.AddSingleton<LargeLogitsMetrics>();
        services.AddJson(CalibrateJsonContext.Default);
        services.AddCalibrate();
        services.AddJson(ModelsJsonContext.Default);
        services.AddJson(HealthJsonContext.Default);
    }
}
