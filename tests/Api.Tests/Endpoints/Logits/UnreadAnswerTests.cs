using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using SoftmaxService.Api.Load;

namespace SoftmaxService.Api.Tests.Endpoints.Logits;

/// <summary>What answers hold while nobody reads them is reserved in the budget of the bodies.</summary>
public sealed class UnreadAnswerTests : IDisposable
{
    // Two answers of 500,000 logits at 8 bytes, and the body of a third at 2 × 2 bytes, but not its answer.
    private const int Total = 12_000_000;
    private const int Rows = 500;
    private const int Classes = 1000;

    private static readonly string Large = $$"""{"logits": {{Zeros(Rows)}}, "topK": 1}""";

    private readonly ServiceWith _service = new(("Load:MaxBodyBytes", $"{Total}"));

    private BodyBudget Budget => _service.Services.GetRequiredService<BodyBudget>();

    public void Dispose() => _service.Dispose();

    [Fact]
    public async Task AnswersThatNobodyReadsHoldTheirMemoryAndMoreAreRejected()
    {
        using (await AskAsync())
        using (await AskAsync())
        {
            Assert.InRange(Budget.Bytes.Reserved, 2 * 8 * Rows * Classes, Total);

            var third = await _service.SoftmaxAsync(Large);

            third.IsProblem(429, "overloaded", "Load:MaxBodyBytes");
            Assert.Equal(TimeSpan.FromSeconds(1), third.Headers.RetryAfter?.Delta);
            Assert.Equal(200, (await _service.ClassifyAsync(RunningService.Seven)).Status);
        }

        await Eventually.UntilAsync(() => Budget.Bytes.Reserved == 0);
        Assert.Equal(200, (await _service.SoftmaxAsync(Large)).Status);
        await Eventually.UntilAsync(() => Budget.Bytes.Reserved == 0);
    }

    [Fact]
    public async Task AClientThatDoesNotReadIsCutOffAtItsDeadline()
    {
        using var unread = await AskAsync("timeout: 4\r\n");
        Assert.NotEqual(0, Budget.Bytes.Reserved);

        await Eventually.UntilAsync(() => Budget.Bytes.Reserved == 0);

        Assert.DoesNotContain("uncertainty", await ReadAsync(unread), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnAnswerThatCanNeverFitIsTooLarge() =>
        (await _service.SoftmaxAsync($$"""{"logits": {{Zeros(1550)}}, "topK": 1}"""))
            .IsProblem(413, "answer-too-large", "Load:MaxBodyBytes");

    /// <summary>Sends a request, and reads no more than the first bytes of its answer.</summary>
    private async Task<Socket> AskAsync(string header = "")
    {
        var address = _service.Client.BaseAddress!; // the factory sets it
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            ReceiveBufferSize = 4096,
        };
        await socket.ConnectAsync(address.Host, address.Port);
        await socket.SendAsync(Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"POST /softmax HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n{header}"
                + $"Content-Length: {Large.Length}\r\n\r\n{Large}")));
        var status = new byte[12];
        Assert.Equal(status.Length, await socket.ReceiveAsync(status));
        Assert.Equal("HTTP/1.1 200", Encoding.ASCII.GetString(status));
        return socket;
    }

    private static async Task<string> ReadAsync(Socket socket)
    {
        var text = new StringBuilder();
        var part = new byte[1 << 16];
        try
        {
            while (await socket.ReceiveAsync(part) is var length and > 0)
            {
                text.Append(Encoding.ASCII.GetString(part, 0, length));
            }
        }
        catch (SocketException)
        {
            // The service has closed the connection.
        }

        return text.ToString();
    }

    private static string Zeros(int rows) =>
        $"[{string.Join(',', Enumerable.Repeat($"[{string.Join(',', Enumerable.Repeat('0', Classes))}]", rows))}]";
}
