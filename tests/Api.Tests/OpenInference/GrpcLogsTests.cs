using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Parsing;
using SoftmaxService.Api.Logging;
using SoftmaxService.Api.OpenInference;

namespace SoftmaxService.Api.Tests.OpenInference;

[Collection(nameof(SmallModelService))]
public sealed class GrpcLogsTests(SmallModelService service)
{
    private const string OfGrpc = "Grpc.AspNetCore.Server.ServerCallHandler";
    private const string OfHealthChecks = $"{GrpcLogs.HealthChecksSource}.DefaultHealthCheckService";

    private static readonly Exception Broken = new IOException(
        "The request stream was aborted.",
        new ConnectionAbortedException());

    public static TheoryData<string, Exception?, bool> Events => new()
    {
        { OfGrpc, Broken, true },
        { OfGrpc, new ConnectionResetException("The connection ended before the body."), true },
        { OfGrpc, new IOException("The client reset the request stream."), true },
        { OfGrpc, new IOException("Message too large: 2147483649"), true },
        { OfGrpc, new InvalidDataException("Unexpected compressed flag value in message header."), true },
        { OfGrpc, new IOException("The disk is full."), false },
        { OfGrpc, null, false },
        { "SoftmaxService.Api.Problems.ProblemExceptionHandler", Broken, false },
    };

    [Theory]
    [MemberData(nameof(Events))]
    public void OnlyGrpcErrorsThatClientsCauseAreLeftOut(string source, Exception? fault, bool isLeftOut)
    {
        var written = new LogEvent(
            DateTimeOffset.UnixEpoch,
            LogEventLevel.Error,
            fault,
            new MessageTemplateParser().Parse("A call failed"),
            [new LogEventProperty("SourceContext", new ScalarValue(source))]);

        var exclusions = service.Services.GetServices<LogExclusion>();

        Assert.Equal(isLeftOut, exclusions.Any(exclusion => exclusion.Matches(written)));
    }

    [Fact]
    public void HealthChecksWriteNothingUnlessASettingWantsThem()
    {
        using var unmuted = new ServiceWith(
            ($"Serilog:MinimumLevel:Override:{GrpcLogs.HealthChecksSource}", "Information"));

        Assert.False(IsWritten(service, OfHealthChecks));
        Assert.True(IsWritten(service, OfGrpc));
        Assert.True(IsWritten(unmuted, OfHealthChecks));
    }

    // Not by ILoggerFactory: behind it is the logger of the process, which other services replace.
    private static bool IsWritten(RunningService service, string source) => service.Services
        .GetRequiredService<ILogger>()
        .ForContext(Constants.SourceContextPropertyName, source)
        .IsEnabled(LogEventLevel.Fatal);
}
