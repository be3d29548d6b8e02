using System.Text.Json.Serialization;
using SoftmaxService.Api.Wire;

namespace SoftmaxService.Api.Problems;

/// <summary>Problem documents (RFC 9457) for every fault, whether a handler, the framework or a bug caused it.</summary>
internal static class ErrorsSetup
{
    public static void AddErrors(this IServiceCollection services) => services
        .AddExceptionHandler<ProblemExceptionHandler>()
        .Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true)
        .ConfigureHttpJsonOptions(options =>
        {
            options.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJsonContext.Default);
            options.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        });

    public static void UseErrors(this WebApplication app)
    {
        app.UseExceptionHandler(_ => { });

        // What no route of ours answers: an unknown path, a wrong method.
        app.UseWhen(context => context.GetEndpoint() is not RouteEndpoint, others => others.UseStatusCodePages(context => ProblemExceptionHandler.WriteStatusAsync(context.HttpContext)));
    }
}
