using System.Net;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Net.Http.Headers;
using SoftmaxService.Api.Settings;

namespace SoftmaxService.Api.Access;

/// <summary>
/// API keys and the browser's cross-origin rules, each only where configured, and a warning where anyone can reach the
/// service.
/// </summary>
internal static partial class AccessSetup
{
    public static void AddAccess(this IServiceCollection services, FeatureSettings features)
    {
        services.AddCors();
        services.AddSingleton<ImageRates>();
        if (features.HasKeys)
        {
            services.AddSingleton<ApiKeys>();
            services.AddAuthentication(ApiKeyHandler.SchemeName)
                .AddScheme<AuthenticationSchemeOptions, ApiKeyHandler>(
                    ApiKeyHandler.SchemeName, configureOptions: null);
            services.AddAuthorization(AccessPolicies.Add);
        }
        else
        {
            // Without keys everyone may do everything. Otherwise routing would complain that no middleware enforces the
            // routes' policies.
            services.Configure<RouteOptions>(routes => routes.SuppressCheckForUnhandledSecurityMetadata = true);
        }
    }

    public static void UseAccess(this WebApplication app)
    {
        var access = app.Services.GetRequiredService<AccessOptions>();
        if (access.OriginList() is { Length: > 0 } origins)
        {
            var exposed = app.Services.GetServices<ExposedHeader>().Select(header => header.Name);
            app.UseCors(policy => policy
                .WithOrigins(origins)
                .WithMethods(HttpMethods.Get, HttpMethods.Post)
                .AllowAnyHeader()
                .WithExposedHeaders([HeaderNames.RetryAfter, HeaderNames.WWWAuthenticate, .. exposed]));
        }

        if (access.Keys.Count > 0)
        {
            app.UsePrivateAnswers();
            app.UseAuthentication();
            app.UseAuthorization();
            app.UseKeyRates();
        }
        else
        {
            app.Lifetime.ApplicationStarted.Register(() => WarnIfOpen(app));
        }
    }

    private static void WarnIfOpen(WebApplication app)
    {
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses
            ?? [];
        if (addresses.Where(address => !IsLocal(BindingAddress.Parse(address))).ToArray() is { Length: > 0 } open)
        {
            OpenToAll(app.Logger, string.Join(", ", open));
        }
    }

    private static bool IsLocal(BindingAddress address) =>
        address.IsUnixPipe
        || address.IsNamedPipe
        || address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || address.Host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(address.Host, out var ip) && IPAddress.IsLoopback(ip));

    [LoggerMessage(
        LogLevel.Warning,
        "NO API KEY IS CONFIGURED, and the service listens on {Addresses}: anyone who can reach it may use it. "
        + "Set Access:Keys, or listen on localhost only")]
    private static partial void OpenToAll(ILogger log, string addresses);
}
