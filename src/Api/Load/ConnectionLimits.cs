using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using SoftmaxService.Api.Settings;

namespace SoftmaxService.Api.Load;

/// <summary>
/// The limits that Kestrel enforces itself, before a request reaches any middleware: it answers with a bare status, or
/// closes the connection.
/// </summary>
internal static partial class ConnectionLimits
{
    private const int DefaultMaxConnections = 10_000;

    // Fewer are worth a warning.
    private const int ManyConnections = 1000;

    /// <summary>
    /// What is read of a connection before a request asks for it, in bytes; the rest stays with the system, and then
    /// with the client. Kestrel's own megabyte let 150 uploads take 150 MB that no budget knew, and their reading held
    /// up every other request for a second. Kestrel rejects less than a request's line and headers may have.
    /// </summary>
    private const int ReadAhead = 64 * 1024;

    // Over HTTP/2 a client waits for leave to send more, so this much must suffice for a round trip.
    private const int StreamReadAhead = 4 * ReadAhead;

    // A stream that is not read leaves others of its connection, which may be other clients' behind a proxy, half.
    private const int Http2ReadAhead = 2 * StreamReadAhead;

    public static void AddConnectionLimits(this IServiceCollection services)
    {
        services.AddSingleton<IConnectionListenerFactory, BoundedTransport>();
        services.AddOptions<KestrelServerOptions>().Configure<LimitsOptions, ILogger<LimitsOptions>>(Configure);
        services.AddOptions<SocketTransportOptions>()
            .Configure<LimitsOptions>((sockets, limits) => sockets.MaxReadBufferSize = MaxReadAhead(limits));
    }

    private static void Configure(KestrelServerOptions kestrel, LimitsOptions limits, ILogger log)
    {
        kestrel.AddServerHeader = false;
        // BodyLimit does this: Kestrel would close the connection before the client has read why.
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MaxRequestBufferSize = MaxReadAhead(limits); // under TLS, of what is decrypted
        kestrel.Limits.Http2.InitialConnectionWindowSize = Http2ReadAhead;
        kestrel.Limits.Http2.InitialStreamWindowSize = StreamReadAhead;
        kestrel.Limits.MaxRequestLineSize = limits.MaxRequestLineBytes;
        kestrel.Limits.MaxRequestHeaderCount = limits.MaxHeaders;
        kestrel.Limits.MaxRequestHeadersTotalSize = limits.MaxHeaderBytes;
        kestrel.Limits.MaxConcurrentConnections = MaxConnections(limits, log);
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(limits.HeadersSeconds);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(limits.KeepAliveSeconds);
        kestrel.Limits.MinRequestBodyDataRate = Rate(limits.MinRequestBytesPerSecond, limits);
        kestrel.Limits.MinResponseDataRate = Rate(limits.MinResponseBytesPerSecond, limits);
    }

    private static int MaxReadAhead(LimitsOptions limits) =>
        Math.Max(ReadAhead, Math.Max(limits.MaxRequestLineBytes, limits.MaxHeaderBytes));

    private static long MaxConnections(LimitsOptions limits, ILogger log)
    {
        var fitting = FileDescriptors.MaxConnections ?? long.MaxValue;
        if (limits.MaxConnections is { } configured)
        {
            if (configured > fitting)
            {
                TooManyConnections(log, configured, FileDescriptors.Limit, fitting);
            }

            return configured;
        }

        if (fitting < ManyConnections)
        {
            FewConnections(log, FileDescriptors.Limit, fitting);
        }

        return Math.Min(DefaultMaxConnections, fitting);
    }

    private static MinDataRate? Rate(double bytesPerSecond, LimitsOptions limits) =>
        bytesPerSecond > 0 ? new MinDataRate(bytesPerSecond, TimeSpan.FromSeconds(limits.RateGraceSeconds)) : null;

    [LoggerMessage(
        LogLevel.Warning,
        "The process may have {Limit} files open, so an address takes {Count} connections at once; allow it more files "
        + "(ulimit -n, or LimitNOFILE of systemd)")]
    private static partial void FewConnections(ILogger log, long? limit, long count);

    [LoggerMessage(
        LogLevel.Warning,
        "Limits:MaxConnections is {Configured}, but the process may have {Limit} files open, enough for {Count} "
        + "connections of an address; more can break the service for good")]
    private static partial void TooManyConnections(ILogger log, int configured, long? limit, long count);
}
