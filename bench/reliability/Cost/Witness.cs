using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;

namespace SoftmaxService.ReliabilityBenchmarks.Cost;

/// <summary>
/// Another client, which posts a small image to <c>/classify</c> some twenty times a second and waits for each answer.
/// It has a thread of its own, so that the attackers in this process do not hold it up.
/// </summary>
internal sealed class Witness : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly HttpClient _client;
    private readonly byte[] _image;
    private readonly Thread _thread;
    private readonly ConcurrentQueue<double> _milliseconds = [];
    private readonly ConcurrentQueue<string> _failures = [];
    private volatile bool _isCounting = true;
    private volatile bool _isStopping;

    public Witness(Uri address, byte[] image)
    {
        _client = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromSeconds(90) };
        _image = image;
        _thread = new Thread(SendRepeatedly);
        _thread.Start();
    }

    /// <summary>Milliseconds of the requests that count, sorted.</summary>
    public double[] Milliseconds => [.. _milliseconds.Order()];

    /// <summary>What came instead of an answer of 200.</summary>
    public IReadOnlyCollection<string> Failures => _failures;

    /// <summary>Goes on, but requests that are sent from now on do not count.</summary>
    public void StopCounting() => _isCounting = false;

    public void Dispose()
    {
        _isStopping = true;
        _thread.Join();
        _client.Dispose();
    }

    private void SendRepeatedly()
    {
        while (!_isStopping)
        {
            var (start, isCounting) = (Stopwatch.GetTimestamp(), _isCounting);
            var failure = "";
            try
            {
                using var request = new HttpRequestMessage(
                    HttpMethod.Post, new Uri("/classify?model=mnist", UriKind.Relative))
                {
                    Content = new ByteArrayContent(_image)
                    {
                        Headers = { ContentType = new MediaTypeHeaderValue("image/png") },
                    },
                };
                using var answer = _client.Send(request);
                failure = answer.IsSuccessStatusCode ? ""
                    : ((int)answer.StatusCode).ToString(CultureInfo.InvariantCulture);
            }
            catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
            {
                failure = "no answer";
            }

            var took = Stopwatch.GetElapsedTime(start);
            if (isCounting)
            {
                _milliseconds.Enqueue(took.TotalMilliseconds);
            }

            if (isCounting && failure.Length > 0)
            {
                _failures.Enqueue(failure);
            }

            Thread.Sleep(took < Pause ? Pause - took : TimeSpan.Zero);
        }
    }
}
