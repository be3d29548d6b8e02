using Google.Protobuf;
using Microsoft.AspNetCore.Connections;
using Serilog.Events;
using Serilog.Filters;
using SoftmaxService.Api.Logging;

namespace SoftmaxService.Api.OpenInference;

/// <summary>What gRPC's libraries log without need.</summary>
internal static class GrpcLogs
{
    /// <summary>
    /// gRPC's health service reports a drain as an error; this source is muted. The lifetime has a line of its own for
    /// a drain.
    /// </summary>
    public const string HealthChecksSource = "Microsoft.Extensions.Diagnostics.HealthChecks";

    // What the exceptions of Kestrel and of gRPC say, which are IOExceptions and no more.
    private const string StreamReset = "The client reset the request stream.";
    private const string MessageTooLarge = "Message too large: ";

    private static readonly Func<LogEvent, bool> IsOfGrpc = Matching.FromSource("Grpc.AspNetCore.Server");

    public static void FilterGrpcLogs(this IServiceCollection services) => services
        .AddSingleton(new MutedSource(HealthChecksSource))
        .AddSingleton(new LogExclusion(IsCausedByClient));

    /// <summary>
    /// gRPC's server logs an error when a client ends its connection or stream in the middle of a call, or sends its
    /// health and reflection services what is no message, first or later in a stream. The request's line says that it
    /// failed, and any client could fill the log.
    /// </summary>
    internal static bool IsCausedByClient(LogEvent written) => IsOfGrpc(written) && written.Exception switch
    {
        ConnectionResetException or { InnerException: ConnectionAbortedException } => true,
        InvalidDataException or InvalidProtocolBufferException => true,
        IOException { Message: StreamReset } => true,
        IOException { Message: var text } => text.StartsWith(MessageTooLarge, StringComparison.Ordinal),
        _ => false,
    };
}
