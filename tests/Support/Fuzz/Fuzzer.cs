using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace SoftmaxService.Tests.Support.Fuzz;

/// <summary>A request that the service failed to handle.</summary>
public sealed record FuzzFailure(FuzzRequest Request, string Reason)
{
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"request {Request.Number} ({Request.Kind}): {Reason}");
}

/// <summary>Sends damaged requests to a service and checks the answers.</summary>
/// <param name="port">Its loopback port for HTTP/1.1.</param>
/// <param name="grpcPort">Its loopback port for gRPC.</param>
/// <param name="seed">The seed of the requests.</param>
public sealed class Fuzzer(int port, int grpcPort, int seed)
{
    private const int MostFailures = 100;
    private const int GrpcUnknown = 2;
    // The web server's answer to a damaged version, which is correct.
    private const int HttpVersionNotSupported = 505;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ConcurrentQueue<FuzzFailure> _failures = [];
    private readonly ConcurrentDictionary<(FuzzKind Kind, string Outcome), long> _outcomes = [];
    private readonly Lock _slowestLock = new();
    private long _next;
    private long _sent;

    public IReadOnlyCollection<FuzzFailure> Failures => _failures;

    /// <summary>The number of requests per kind and outcome: 2xx, 3xx, 4xx, an intended 5xx, or closed.</summary>
    public IReadOnlyDictionary<(FuzzKind Kind, string Outcome), long> Outcomes => _outcomes;

    public (double Milliseconds, long Number) Slowest { get; private set; }

    public long Sent => _sent;

    /// <param name="first">The number of the first request.</param>
    /// <param name="count">The number of requests.</param>
    /// <param name="clients">The number of concurrent requests.</param>
    public Task RunAsync(long first, long count, int clients)
    {
        _next = first - 1;
        return Task.WhenAll(
            Enumerable
                .Range(0, clients)
                .Select(_ =>
                    Task.Run(async () =>
                    {
                        RawConnection? kept = null;
                        while (Interlocked.Increment(ref _next) is var number
                            && number < first + count
                            && _failures.Count < MostFailures)
                        {
                            kept = await TryAsync(FuzzRequest.Make(seed, number), kept);
                        }

                        kept?.Dispose();
                    })));
    }

    /// <summary>
    /// Sends one request over the given connection or a new one. Returns the connection if it can be reused.
    /// </summary>
    private async Task<RawConnection?> TryAsync(FuzzRequest request, RawConnection? kept)
    {
        using var limit = new CancellationTokenSource(Patience);
        var start = Stopwatch.GetTimestamp();
        RawConnection? connection = null;
        try
        {
            connection =
                kept is not null && request is { MustBeAnswered: true, IsHttp2: false }
                    ? kept
                    : await RawConnection.OpenAsync(request.IsHttp2 ? grpcPort : port, limit.Token);
            var answer = request.IsHttp2
                ? await connection.CallAsync(request.Bytes, mayBeIncomplete: !request.MustBeAnswered, limit.Token)
                : await connection.RequestAsync(request.Bytes, mayBeIncomplete: !request.MustBeAnswered, limit.Token);
            Judge(request, answer);
            if (answer is { KeepsOpen: true } && request is { MustBeAnswered: true, IsHttp2: false })
            {
                (kept, connection) = (connection, kept == connection ? null : kept);
            }
            else if (connection == kept)
            {
                kept = null;
            }
        }
        catch (Exception exception)
            when (exception
                    is OperationCanceledException
                        or SocketException
                        or FormatException
                        or IndexOutOfRangeException)
        {
            Fail(
                request,
                exception is OperationCanceledException
                    ? $"no answer within {Patience.TotalSeconds} s"
                    : exception.Message);
            kept = connection == kept ? null : kept;
        }
        finally
        {
            connection?.Dispose();
            Interlocked.Increment(ref _sent);
            Time(request, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return kept;
    }

    private void Judge(FuzzRequest request, RawAnswer? answer)
    {
        Count(request, answer switch
        {
            null => "closed",
            { Status: 503 or 504 or HttpVersionNotSupported } => "503…505",
            { GrpcStatus: > 0 } => "4xx",
            _ => $"{answer.Status / 100}xx",
        });
        if (answer is null)
        {
            if (request.MustBeAnswered)
            {
                Fail(request, "the connection was closed without an answer");
            }
        }
        else if (IsServerFault(answer))
        {
            Fail(request, $"{answer.Status}, gRPC {answer.GrpcStatus}: {Encoding.UTF8.GetString(answer.Body)}");
        }
        else if (request.MustBeAnswered && !request.IsHttp2 && FaultOf(answer) is { } fault)
        {
            Fail(request, $"{answer.Status} {answer.MediaType}, {fault}: {Encoding.UTF8.GetString(answer.Body)}");
        }
    }

    private static bool IsServerFault(RawAnswer answer) =>
        answer.GrpcStatus == GrpcUnknown
        || answer.Status is >= 500 and not (503 or 504 or HttpVersionNotSupported);

    /// <summary>Describes what is wrong with the form of an answer; null if it is correct.</summary>
    private static string? FaultOf(RawAnswer answer)
    {
        if (answer is { Status: 200, MediaType: "application/octet-stream" })
        {
            return null;
        }

        try
        {
            using var json = JsonDocument.Parse(answer.Body);
            return
                answer.Status == 200
                || json.RootElement.TryGetProperty(
                    answer.MediaType == "application/problem+json" ? "code" : "error",
                    out _)
                ? null
                : "a rejection without a reason";
        }
        catch (JsonException)
        {
            return "no JSON";
        }
    }

    private void Count(FuzzRequest request, string outcome) =>
        _outcomes.AddOrUpdate((request.Kind, outcome), 1, (_, count) => count + 1);

    private void Fail(FuzzRequest request, string reason) => _failures.Enqueue(new FuzzFailure(request, reason));

    private void Time(FuzzRequest request, double milliseconds)
    {
        lock (_slowestLock)
        {
            Slowest = milliseconds > Slowest.Milliseconds ? (milliseconds, request.Number) : Slowest;
        }
    }
}
