using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;

namespace SoftmaxService.ReliabilityBenchmarks.Load;

/// <summary>What came of an open loop: requests that arrive whether or not those before them are answered.</summary>
/// <param name="Seconds">How long they arrived.</param>
/// <param name="Accepted">Milliseconds from a request's due moment to its answer, of those with 200, sorted.</param>
/// <param name="Shed">The same of those with 429.</param>
/// <param name="Other">How many ended otherwise.</param>
/// <param name="LatestMilliseconds">By how much the generator itself was late at most.</param>
internal sealed record OpenLoop(double Seconds, double[] Accepted, double[] Shed, int Other, double LatestMilliseconds)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public double Goodput => Accepted.Length / Seconds;

    /// <param name="client">With as many connections as it takes.</param>
    /// <param name="makeRequest">Makes each request.</param>
    /// <param name="rate">
    /// Requests a second; they arrive as those of many independent clients do, at random (Poisson) moments.
    /// </param>
    /// <param name="seconds">For how long.</param>
    /// <param name="seed">Decides the moments.</param>
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
                // a millisecond too late at most; those that are due by then go together
                await Task.Delay(TimeSpan.FromSeconds(wait));
            }

            latest = Math.Max(latest, clock.Elapsed.TotalSeconds - due);
            pending.Add(AskAsync(due));
        }

        await Task.WhenAll(pending);
        return new OpenLoop(
            seconds,
            Of(HttpStatusCode.OK),
            Of(HttpStatusCode.TooManyRequests),
            answers.Count(answer => answer.Status is not (HttpStatusCode.OK or HttpStatusCode.TooManyRequests)),
            latest * 1000);

        async Task AskAsync(double due)
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
                // Counted as what it is: no answer.
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
