using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using SoftmaxService.Api.OpenApi;
using SoftmaxService.Api.OpenInference;
using SoftmaxService.Api.Settings;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace SoftmaxService.Api.Access;

/// <summary>API keys and the browser's cross-origin rules, each only where it is configured, and a warning where anyone may ask from afar.</summary>
internal static partial class AccessSetup
{
    public static void AddAccess(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<AccessOptions>().Bind(builder.Configuration.GetSection("Access"), SettingsSetup.Strictly)
            .Validate(_ => string.IsNullOrEmpty(builder.Configuration["Access:Keys"]), "Access:Keys is no key itself: each has a name and a hash, as in Access:Keys:web:Hash.").ValidateOnStart();
        services.AddSingleton<IValidateOptions<AccessOptions>, AccessOptionsValidator>();
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<AccessOptions>>().Value);
        services.AddSingleton<ApiKeys>();
        services.AddCors();
        services.AddOptions<SwaggerGenOptions>().Configure<AccessOptions>((swagger, access) =>
        {
            if (access.Keys.Count > 0)
            {
                swagger.AddKeys();
            }
        });
    }

    public static void UseAccess(this WebApplication app)
    {
        var access = app.Services.GetRequiredService<AccessOptions>();
        if (AccessOptionsValidator.Origins(access) is { Length: > 0 } origins)
        {
            app.UseCors(policy => policy.WithOrigins(origins).WithMethods(HttpMethods.Get, HttpMethods.Post).AllowAnyHeader()
                .WithExposedHeaders(HeaderNames.RetryAfter, HeaderNames.WWWAuthenticate, InferEndpoint.HeaderLength));
        }

        if (access.Keys.Count > 0)
        {
            var keys = app.Services.GetRequiredService<ApiKeys>();
            app.Use(next => new AccessGate(next, keys).InvokeAsync);
        }
        else
        {
            app.Lifetime.ApplicationStarted.Register(() => WarnOfOpenDoors(app));
        }
    }

    private static void WarnOfOpenDoors(WebApplication app)
    {
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
        if (addresses.Where(address => !IsLocal(BindingAddress.Parse(address))).ToArray() is { Length: > 0 } open)
        {
            OpenToAll(app.Logger, string.Join(", ", open));
        }
    }

    private static bool IsLocal(BindingAddress address) =>
        address.IsUnixPipe || address.IsNamedPipe
        || address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || address.Host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(address.Host, out var ip) && IPAddress.IsLoopback(ip));

    [LoggerMessage(LogLevel.Warning, "NO API KEY IS CONFIGURED, and the service listens on {Addresses}: whoever reaches it may use it. Set Access:Keys, or listen on localhost only")]
    private static partial void OpenToAll(ILogger log, string addresses);
}
