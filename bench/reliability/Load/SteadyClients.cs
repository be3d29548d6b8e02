using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;

namespace SoftmaxService.ReliabilityBenchmarks.Load;

/// <summary>
/// Well-behaved clients. Each sends its next request as soon as the previous one is answered, until they are stopped,
/// and counts the outcomes other than success.
/// </summary>
internal sealed class SteadyClients : IAsyncDisposable
{
    private readonly HttpClient _client;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private readonly ConcurrentQueue<double> _milliseconds = [];
    private readonly ConcurrentDictionary<string, int> _failures = [];

    /// <param name="address">The address of the service or of a load balancer.</param>
    /// <param name="count">The number of clients, each with one connection.</param>
    /// <param name="image">The image that they post to <c>/classify</c>.</param>
    public SteadyClients(Uri address, int count, byte[] image)
    {
        _client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = count })
        {
            BaseAddress = address,
            Timeout = TimeSpan.FromSeconds(30),
        };
        _running = Task.WhenAll(Enumerable.Range(0, count).Select(_ => Task.Run(() => SendRepeatedlyAsync(image))));
    }

    public int Answered => _milliseconds.Count;

    /// <summary>The number of each outcome other than success.</summary>
    public IReadOnlyDictionary<string, int> Failures => _failures;

    /// <summary>Sorted milliseconds per request.</summary>
    public double[] Milliseconds => [.. _milliseconds.Order()];

    public string FailuresInWords =>
        _failures.IsEmpty
            ? "none"
            : string.Join(
                ", ",
                _failures.Select(failure =>
                    string.Create(CultureInfo.InvariantCulture, $"{failure.Value} × {failure.Key}")));

    /// <summary>Lets each client finish its last request.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _client.Dispose();
        _stop.Dispose();
    }

    private async Task SendRepeatedlyAsync(byte[] image)
    {
        while (!_stop.IsCancellationRequested)
        {
            var start = Stopwatch.GetTimestamp();
            try
            {
                using var content = new ByteArrayContent(image)
                {
                    Headers = { ContentType = new MediaTypeHeaderValue("image/png") },
                };
                using var answer = await _client.PostAsync("/classify?model=mnist", content);
                if (!answer.IsSuccessStatusCode)
                {
                    Fail(((int)answer.StatusCode).ToString(CultureInfo.InvariantCulture));
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
            {
                Fail(exception.Message);
            }

            _milliseconds.Enqueue(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
    }

    private void Fail(string what) => _failures.AddOrUpdate(what, 1, (_, count) => count + 1);
}
