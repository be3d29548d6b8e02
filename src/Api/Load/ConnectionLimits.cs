using Microsoft.AspNetCore.Server.Kestrel.Core;
using SoftmaxService.Api.Settings;

namespace SoftmaxService.Api.Load;

/// <summary>
/// The limits that Kestrel enforces itself, before a request reaches any middleware: it answers with a bare status, or
/// closes the connection.
/// </summary>
internal static class ConnectionLimits
{
    public static void AddConnectionLimits(this IServiceCollection services) =>
        services.AddOptions<KestrelServerOptions>().Configure<LimitsOptions>((kestrel, limits) =>
    {
        kestrel.AddServerHeader = false;
        // BodyLimit does this: Kestrel would close the connection before the client has read why.
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MaxRequestLineSize = limits.MaxRequestLineBytes;
        kestrel.Limits.MaxRequestHeaderCount = limits.MaxHeaders;
        kestrel.Limits.MaxRequestHeadersTotalSize = limits.MaxHeaderBytes;
        kestrel.Limits.MaxConcurrentConnections = limits.MaxConnections;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(limits.HeadersSeconds);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(limits.KeepAliveSeconds);
        kestrel.Limits.MinRequestBodyDataRate = Rate(limits.MinRequestBytesPerSecond, limits);
        kestrel.Limits.MinResponseDataRate = Rate(limits.MinResponseBytesPerSecond, limits);
    });

    private static MinDataRate? Rate(double bytesPerSecond, LimitsOptions limits) =>
        bytesPerSecond > 0 ? new MinDataRate(bytesPerSecond, TimeSpan.FromSeconds(limits.RateGraceSeconds)) : null;
}
