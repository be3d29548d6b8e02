using Microsoft.AspNetCore.Http.Features;

namespace SoftmaxService.Api.Wire;

/// <summary>Requests take their services from the application itself: none of ours lives for one request only, so that none needs a scope of its own.</summary>
internal sealed class RootServices(IServiceProvider services) : IServiceProvidersFeature
{
    public IServiceProvider RequestServices
    {
        get => services;
        set => throw new NotSupportedException("All requests share this.");
    }
}

internal static class RootServicesSetup
{
    public static void UseRootServices(this WebApplication app)
    {
        var root = new RootServices(app.Services);
        app.Use(next => context =>
        {
            context.Features.Set<IServiceProvidersFeature>(root);
            return next(context);
        });
    }
}
