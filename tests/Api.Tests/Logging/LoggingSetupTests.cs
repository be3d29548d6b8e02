using Microsoft.AspNetCore.Connections;
using Serilog.Events;
using Serilog.Parsing;
using SoftmaxService.Api.Logging;

namespace SoftmaxService.Api.Tests.Logging;

public sealed class LoggingSetupTests
{
    private const string OfGrpc = "Grpc.AspNetCore.Server.ServerCallHandler";

    private static readonly Exception Broken = new IOException(
        "The request stream was aborted.",
        new ConnectionAbortedException());

    public static TheoryData<string, Exception?, bool> Events => new()
    {
        { OfGrpc, Broken, true },
        { OfGrpc, new IOException("The disk is full."), false },
        { OfGrpc, null, false },
        { "SoftmaxService.Api.Problems.ProblemExceptionHandler", Broken, false },
    };

    [Theory]
    [MemberData(nameof(Events))]
    public void OnlyGrpcErrorsOfBrokenConnectionsAreMuted(string source, Exception? fault, bool isLeftOut)
    {
        var written = new LogEvent(
            DateTimeOffset.UnixEpoch,
            LogEventLevel.Error,
            fault,
            new MessageTemplateParser().Parse("A call failed"),
            [new LogEventProperty("SourceContext", new ScalarValue(source))]);

        Assert.Equal(isLeftOut, LoggingSetup.IsBrokenConnection(written));
    }
}
