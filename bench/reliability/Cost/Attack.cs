using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Mime;

namespace SoftmaxService.ReliabilityBenchmarks.Cost;

/// <summary>Requests that may cost the service more than they cost whoever sends them.</summary>
/// <param name="Kind">What <c>--only=</c> selects.</param>
/// <param name="Name">What is sent, by how many clients.</param>
/// <param name="SendAsync">Sends until it is cancelled, and then hangs up.</param>
internal sealed record Attack(string Kind, string Name, Func<Target, CancellationToken, Task> SendAsync);

/// <summary>The service that is attacked, and what it answered.</summary>
/// <param name="address">Its address.</param>
/// <param name="modelFolder">The folder of its models.</param>
internal sealed class Target(Uri address, string modelFolder) : IDisposable
{
    private readonly HttpClient _client = new(new SocketsHttpHandler())
    {
        BaseAddress = address,
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private readonly ConcurrentDictionary<int, int> _answers = [];

    public Uri Address => address;

    public string ModelFolder => modelFolder;

    /// <summary>How often each status came; 0 stands for a connection that was closed instead.</summary>
    public IReadOnlyDictionary<int, int> Answers => _answers;

    /// <summary>So many clients, each of which sends its next request as soon as the one before is answered.</summary>
    public Task RepeatAsync(int clients, Func<HttpRequestMessage> makeRequest, CancellationToken cancellationToken) =>
        Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(
            async () =>
            {
                while (!cancellationToken.IsCancellationRequested)
                {
                    await SendAsync(makeRequest(), cancellationToken);
                }
            },
            CancellationToken.None)));

    /// <summary>Sends a request, and counts its answer unless that comes too late.</summary>
    public async Task SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            using (request)
            {
                using var answer = await _client.SendAsync(
                    request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
                await answer.Content.CopyToAsync(Stream.Null, cancellationToken);
                Count((int)answer.StatusCode);
            }
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            Count(0);
            await Task.Delay(10, CancellationToken.None);
        }
        catch (OperationCanceledException)
        {
            // The attack is over.
        }
    }

    public void Count(int status) => _answers.AddOrUpdate(status, 1, (_, count) => count + 1);

    public static HttpRequestMessage Post(
        string path, ReadOnlyMemory<byte> body, string mediaType = MediaTypeNames.Application.Octet)
    {
        var content = new ReadOnlyMemoryContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
        return new HttpRequestMessage(HttpMethod.Post, new Uri(path, UriKind.Relative)) { Content = content };
    }

    public string AnswersInWords => string.Join(
        ", ",
        _answers.OrderBy(answer => answer.Key).Select(answer => string.Create(
            CultureInfo.InvariantCulture,
            $"{answer.Value} × {(answer.Key == 0 ? "closed" : answer.Key.ToString(CultureInfo.InvariantCulture))}")));

    public void Dispose() => _client.Dispose();
}
