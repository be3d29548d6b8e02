using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;

namespace SoftmaxService.ReliabilityBenchmarks.Load;

/// <summary>
/// The result of an open loop, in which requests arrive whether or not earlier ones are answered.
/// </summary>
/// <param name="Seconds">How long requests arrived.</param>
/// <param name="Accepted">Sorted milliseconds from due moment to answer of the requests answered with 200.</param>
/// <param name="Shed">The same for the requests answered with 429.</param>
/// <param name="Other">The number of requests with another outcome.</param>
/// <param name="LatestMilliseconds">The largest delay of the generator.</param>
internal sealed record OpenLoop(double Seconds, double[] Accepted, double[] Shed, int Other, double LatestMilliseconds)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public double Goodput => Accepted.Length / Seconds;

    /// <param name="client">A client without a limit on connections.</param>
    /// <param name="makeRequest">Makes each request.</param>
    /// <param name="rate">
    /// Requests per second. Like those of many independent clients, they arrive at random (Poisson) moments.
    /// </param>
    /// <param name="seconds">How long requests arrive.</param>
    /// <param name="seed">The seed of the moments.</param>
    public static async Task<OpenLoop> RunAsync(
        HttpClient client,
        Func<HttpRequestMessage> makeRequest,
        double rate,
        double seconds,
        int seed)
    {
        var random = new Random(seed);
        var answers = new ConcurrentQueue<(HttpStatusCode? Status, double Milliseconds)>();
        var pending = new List<Task>((int)(rate * seconds * 1.1));
        var clock = Stopwatch.StartNew();
        var latest = 0.0;
        for (var due = 0.0; due < seconds; due -= Math.Log(1 - random.NextDouble()) / rate)
        {
            if (due - clock.Elapsed.TotalSeconds is > 0 and var wait)
            {
                // At most a millisecond too late; all requests that are due by then go together.
                await Task.Delay(TimeSpan.FromSeconds(wait));
            }

            latest = Math.Max(latest, clock.Elapsed.TotalSeconds - due);
            pending.Add(SendAsync(due));
        }

        await Task.WhenAll(pending);
        return new OpenLoop(
            seconds,
            Of(HttpStatusCode.OK),
            Of(HttpStatusCode.TooManyRequests),
            answers.Count(answer => answer.Status is not (HttpStatusCode.OK or HttpStatusCode.TooManyRequests)),
            latest * 1000);

        async Task SendAsync(double due)
        {
            using var limit = new CancellationTokenSource(Patience);
            HttpStatusCode? status = null;
            try
            {
                using var request = makeRequest();
                using var answer = await client.SendAsync(request, limit.Token);
                status = answer.StatusCode;
            }
            catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
            {
                // Counted as no answer.
            }

            answers.Enqueue((status, (clock.Elapsed.TotalSeconds - due) * 1000));
        }

        double[] Of(HttpStatusCode status) =>
            [.. answers.Where(answer => answer.Status == status).Select(answer => answer.Milliseconds).Order()];
    }

    public static double Quantile(double[] sorted, double quantile) =>
        sorted.Length == 0
            ? double.NaN
            : sorted[(int)Math.Min(sorted.Length - 1, Math.Ceiling(quantile * sorted.Length) - 1)];
}
