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

    private static readonly Func<LogEvent, bool> IsOfGrpc = Matching.FromSource("Grpc.AspNetCore.Server");

    public static void FilterGrpcLogs(this IServiceCollection services) => services
        .AddSingleton(new MutedSource(HealthChecksSource))
        .AddSingleton(new LogExclusion(IsBrokenConnection));

    /// <summary>
    /// gRPC's server logs an error when a client breaks its connection in the middle of a call. Kestrel has its own
    /// line for that, and any client could fill the log.
    /// </summary>
    internal static bool IsBrokenConnection(LogEvent written) =>
        IsOfGrpc(written) && written.Exception is IOException { InnerException: ConnectionAbortedException };
}
