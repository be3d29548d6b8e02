using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SoftmaxService.Api.OpenInference;
using SoftmaxService.Api.Problems;

namespace SoftmaxService.Api.Tests.Problems;

public sealed class ProblemExceptionHandlerTests
{
    private static readonly ProblemWriter Writer = new([new OpenInferenceProblems()], []);

    [Fact]
    public async Task AnUnexpectedFaultIsLoggedButNotSentToTheClient()
    {
        var log = new Recorder();
        var context = new DefaultHttpContext { Response = { Body = new MemoryStream() } };

        Assert.True(
            await new ProblemExceptionHandler(Writer, log).TryHandleAsync(
                context,
                new InvalidOperationException("secret"),
                default));

        var body = ((MemoryStream)context.Response.Body).ToArray();
        Assert.Equal(500, context.Response.StatusCode);
        Assert.Equal("internal-error", JsonDocument.Parse(body).RootElement.GetProperty("code").GetString());
        Assert.DoesNotContain("secret", System.Text.Encoding.UTF8.GetString(body), StringComparison.Ordinal);
        Assert.Equal("secret", Assert.Single(log.Faults)?.Message);
    }

    [Fact]
    public async Task UnderV2AnUnexpectedFaultIsAnErrorOfTheProtocol()
    {
        var log = new Recorder();
        var context = new DefaultHttpContext
        {
            Request = { Path = "/v2/models/mnist/infer" },
            Response = { Body = new MemoryStream() },
        };

        Assert.True(
            await new ProblemExceptionHandler(Writer, log).TryHandleAsync(
                context,
                new InvalidOperationException("secret"),
                default));

        var error = Assert.Single(
            JsonDocument.Parse(((MemoryStream)context.Response.Body).ToArray()).RootElement.EnumerateObject());
        Assert.Equal(
            (500, "error", "application/json"),
            (context.Response.StatusCode, error.Name, context.Response.ContentType));
        Assert.DoesNotContain("secret", error.Value.GetString(), StringComparison.Ordinal);
        Assert.Equal("secret", Assert.Single(log.Faults)?.Message);
    }

    [Fact]
    public async Task ARejectionIsNotLoggedAsAFault()
    {
        var log = new Recorder();

        await new ProblemExceptionHandler(Writer, log).TryHandleAsync(
            new DefaultHttpContext(),
            new RequestException(Problem.InvalidLogits, "no"),
            default);

        Assert.Empty(log.Faults);
    }

    [Fact]
    public async Task ADisconnectedClientGetsNoAnswer()
    {
        var context = new DefaultHttpContext
        {
            RequestAborted = new CancellationToken(canceled: true),
            Response = { Body = new MemoryStream() },
        };

        Assert.True(
            await new ProblemExceptionHandler(Writer, new Recorder()).TryHandleAsync(
                context,
                new OperationCanceledException(),
                default));

        Assert.Equal((499, 0), (context.Response.StatusCode, context.Response.Body.Length));
    }

    [Fact]
    public async Task ADisconnectWhileARejectionIsWrittenIsNotAFault()
    {
        using var leaving = new CancellationTokenSource();
        var context = new DefaultHttpContext
        {
            RequestAborted = leaving.Token,
            Response = { Body = new ClosedByItsReader(leaving) },
        };

        Assert.True(
            await new ProblemExceptionHandler(Writer, new Recorder()).TryHandleAsync(
                context,
                new BadHttpRequestException("Unexpected end of request content."),
                default));

        Assert.True(leaving.IsCancellationRequested);
    }

    /// <summary>A connection whose client disconnects at the first write.</summary>
    private sealed class ClosedByItsReader(CancellationTokenSource leaving) : MemoryStream
    {
        public override async ValueTask WriteAsync(
            ReadOnlyMemory<byte> buffer,
            CancellationToken cancellationToken = default)
        {
            await leaving.CancelAsync();
            throw new OperationCanceledException(leaving.Token);
        }
    }

    private sealed class Recorder : ILogger<ProblemExceptionHandler>
    {
        public List<Exception?> Faults { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter) => Faults.Add(exception);
    }
}
