using SoftmaxService.Api.Access;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Wire;

namespace SoftmaxService.Api.OpenInference;

/// <summary>
/// What the Open Inference Protocol needs to be registered over REST: its JSON, its errors and its header.
/// </summary>
internal static class OpenInferenceSetup
{
    public static void AddOpenInference(this IServiceCollection services)
    {
        services.AddJson(OpenInferenceJsonContext.Default);
        services.AddSingleton<IProblemFormat, OpenInferenceProblems>();
        services.AddSingleton(new ExposedHeader(InferEndpoint.HeaderLength));
    }
}
