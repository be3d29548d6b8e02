using System.IO.Compression;
using Grpc.AspNetCore.Server;
using Grpc.Net.Compression;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using SoftmaxService.Api.Access;
using SoftmaxService.Api.Load;
using SoftmaxService.Api.Metrics;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Settings;
using SoftmaxService.Api.Wire;

namespace SoftmaxService.Api.OpenInference;

/// <summary>
/// gRPC: the service, its health and its reflection, on a port of its own, since cleartext HTTP/2 cannot share one with
/// HTTP/1.1.
/// </summary>
internal static class GrpcSetup
{
    private const string HealthTag = "models";

    // What health and reflection are asked takes less. A stream may have many messages.
    private const int MaxOtherMessage = 64 * 1024;

    public static void AddInferenceGrpc(this IServiceCollection services)
    {
        services.AddGrpc(options =>
        {
            options.Interceptors.Add<GrpcFaults>();
            // Otherwise every path of two segments counts as one, and a wrong method on such a route gets 404.
            options.IgnoreUnknownServices = true;
            Limit(options, MaxOtherMessage, MaxOtherMessage);
        });
        services.AddOptions<GrpcServiceOptions<InferenceService>>().Configure<LimitsOptions>(
            (options, limits) => Limit(options, limits.MaxRequestBodyBytes, limits.MaxDecompressedBytes));
        services.AddSingleton<IProblemFormat, GrpcProblems>();
        services.AddSingleton<IStatusName, GrpcStatusName>();
        services.FilterGrpcLogs();
        services.AddGrpcReflection();
        services.AddGrpcHealthChecks(options =>
        {
            options.Services.Map("", check => check.Tags.Contains(HealthTag));
            options.Services.Map("inference.GRPCInferenceService", check => check.Tags.Contains(HealthTag));
        }).AddCheck<ModelsHealth>("models", tags: [HealthTag]);

        services.AddOptions<KestrelServerOptions>().Configure<GrpcOptions>((kestrel, grpc) =>
            kestrel.ConfigureEndpointDefaults(endpoint =>
            {
                if (PortOf(grpc) is { } port && endpoint.IPEndPoint?.Port == port)
                {
                    endpoint.Protocols = HttpProtocols.Http2;
                }
            }));
        services.AddTransient<IStartupFilter, GrpcAddress>();
    }

    public static void MapInferenceGrpc(this WebApplication app)
    {
        if (PortOf(app.Services.GetRequiredService<GrpcOptions>()) is not null)
        {
            var service = app.MapGrpcService<InferenceService>().LimitsItsMessages().ChecksFraming(app.Services);
            service.AnswersProbesWith(
                nameof(InferenceService.ServerLive),
                nameof(InferenceService.ServerReady),
                nameof(InferenceService.ModelReady));
            service.HasTimeoutParameter(nameof(InferenceService.ModelInfer));
            service.AllowsAnonymous(nameof(InferenceService.ServerLive), nameof(InferenceService.ServerReady));
            service.RequiresAuthorization(
                AccessPolicies.Admin,
                nameof(InferenceService.RepositoryModelLoad),
                nameof(InferenceService.RepositoryModelUnload));
            app.MapGrpcHealthChecksService().LimitsItsMessages().ChecksFraming(app.Services).AnswersProbes()
                .AllowAnonymous();

            // Reveals no more than Swagger's page.
            app.MapGrpcReflectionService().LimitsItsMessages().ChecksFraming(app.Services).AllowAnonymous();
        }
    }

    private static void Limit(GrpcServiceOptions options, int messageBytes, int inflatedBytes)
    {
        options.MaxReceiveMessageSize = messageBytes;
        options.CompressionProviders =
        [
            new BoundedInflation(new GzipCompressionProvider(CompressionLevel.Fastest), inflatedBytes),
            new BoundedInflation(new DeflateCompressionProvider(CompressionLevel.Fastest), inflatedBytes),
        ];
    }

    private static int? PortOf(GrpcOptions grpc) => grpc.Url.Length > 0 ? BindingAddress.Parse(grpc.Url).Port : null;

    private sealed class ModelsHealth(Readiness readiness) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(
            HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(readiness.IsReady ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy());
    }

    /// <summary>
    /// Adds gRPC's address to those of the server. A startup filter runs when the host has read its own (<c>--urls</c>,
    /// the environment, or what a test host put there) and before the server binds, so that none of them is replaced.
    /// </summary>
    private sealed class GrpcAddress(IServer server, GrpcOptions grpc) : IStartupFilter
    {
        // Kestrel's, which it uses only where there is no other.
        private const string DefaultAddress = "http://localhost:5000";

        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next)
        {
            if (PortOf(grpc) is { } port
                && server.Features.Get<IServerAddressesFeature>()?.Addresses is { IsReadOnly: false } addresses)
            {
                if (addresses.Count == 0)
                {
                    addresses.Add(DefaultAddress);
                }

                if (addresses.FirstOrDefault(address => BindingAddress.Parse(address).Port == port) is { } taken)
                {
                    throw new SettingException(
                        $"Grpc:Url is {grpc.Url}, but {taken} already has that port. "
                        + "gRPC needs a port of its own, or none: an empty Grpc:Url switches it off.");
                }

                addresses.Add(grpc.Url);
            }

            return next;
        }
    }
}
