using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace SoftmaxService.Tests.Support;

/// <summary>The kinds of requests in a soak.</summary>
public enum SoakRequest
{
    One,
    Batch,
    CancelledSoon,
    BadImage,
    Slow,
    SlowThenGone,
    SoftmaxJson,
    SoftmaxBinary,
    OpenInference,
}

/// <summary>
/// Runs well-behaved, impatient, broken and slow clients against a service at the same time. Every answer is compared
/// with the one that the same image got while nothing else ran.
/// </summary>
/// <param name="address">The address of the service, plain HTTP.</param>
/// <param name="models">The models, as <c>name/version</c>.</param>
/// <param name="images">The images to send.</param>
/// <param name="seed">The seed of the clients' choices.</param>
public sealed class Soak(Uri address, IReadOnlyList<string> models, IReadOnlyList<byte[]> images, int seed)
    : IDisposable
{
    private const double Tolerance = 1e-5;
    private static readonly TimeSpan PatienceAfterTheEnd = TimeSpan.FromSeconds(30);
    private static readonly byte[] NoImage = "this is no image"u8.ToArray();
    private static readonly SoakRequest[] Mix =
    [
        .. Enumerable.Repeat(SoakRequest.One, 10),
        .. Enumerable.Repeat(SoakRequest.Batch, 2),
        .. Enumerable.Repeat(SoakRequest.CancelledSoon, 4),
        SoakRequest.BadImage,
        SoakRequest.BadImage,
        SoakRequest.Slow,
        SoakRequest.SlowThenGone,
        SoakRequest.SoftmaxJson,
        SoakRequest.SoftmaxJson,
        SoakRequest.SoftmaxBinary,
        SoakRequest.SoftmaxBinary,
        SoakRequest.OpenInference,
        SoakRequest.OpenInference,
    ];

    private readonly HttpClient _client = new(
        new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(2) })
    {
        BaseAddress = address,
    };
    private readonly Dictionary<(string Model, int Image), (string Label, double Probability)> _expected = [];
    private readonly ConcurrentQueue<string> _unexpected = [];
    private readonly long[] _sent = new long[Enum.GetValues<SoakRequest>().Length];
    private readonly long[] _answered = new long[Enum.GetValues<SoakRequest>().Length];
    private readonly long[] _cancelled = new long[Enum.GetValues<SoakRequest>().Length];
    private long _imagesAnswered;
    private long _imagesPerhapsRun;
    private long _started;

    /// <summary>Descriptions of the first requests with an unexpected outcome.</summary>
    public IReadOnlyCollection<string> Unexpected => _unexpected;

    /// <summary>Requests that were still unanswered some time after the last one was sent.</summary>
    public int Stuck { get; private set; }

    /// <summary>The number of answered images.</summary>
    public long ImagesAnswered => _imagesAnswered;

    /// <summary>The number of images of clients that cancelled; they may or may not have run.</summary>
    public long ImagesPerhapsRun => _imagesPerhapsRun;

    public IEnumerable<(SoakRequest Request, long Sent, long Answered, long Cancelled)> Counts =>
        Enum.GetValues<SoakRequest>()
            .Select(request => (request, _sent[(int)request], _answered[(int)request], _cancelled[(int)request]));

    /// <summary>The number of requests that were started.</summary>
    public long Started => _started;

    /// <param name="duration">How long the clients run.</param>
    /// <param name="clients">The number of clients.</param>
    /// <param name="rate">
    /// The highest rate of all clients together, in requests per second. By default, each client sends its next request
    /// as soon as the previous one is answered.
    /// </param>
    public async Task RunAsync(TimeSpan duration, int clients, double rate = double.PositiveInfinity)
    {
        foreach (var (model, image) in models.SelectMany(model =>
                Enumerable.Range(0, images.Count).Select(image => (model, image))))
        {
            using var answer = await PostAsync(model, images[image], CancellationToken.None);
            using var json = JsonDocument.Parse(await answer.Content.ReadAsStreamAsync());
            _expected[(model, image)] = TopOf(json.RootElement);
            _imagesAnswered++;
        }

        var clock = Stopwatch.StartNew();
        _started = 0;
        var running = Enumerable
            .Range(0, clients)
            .Select(client => Task.Run(() => BehaveAsync(new Random((seed * 1000) + client), clock, duration, rate)))
            .ToArray();
        await Task.WhenAny(Task.WhenAll(running), Task.Delay(duration + PatienceAfterTheEnd));
        Stuck = running.Count(task => !task.IsCompleted);
        foreach (var fault in running.Where(task => task.IsFaulted))
        {
            _unexpected.Enqueue(fault.Exception!.ToString()); // a faulted task has one
        }
    }

    public void Dispose() => _client.Dispose();

    private async Task BehaveAsync(Random random, Stopwatch clock, TimeSpan duration, double rate)
    {
        while (clock.Elapsed < duration)
        {
            if (TimeSpan.FromSeconds(Interlocked.Increment(ref _started) / rate) - clock.Elapsed is { Ticks: > 0 } early
            )
            {
                await Task.Delay(early);
            }

            var request = Mix[random.Next(Mix.Length)];
            Interlocked.Increment(ref _sent[(int)request]);
            var model = models[random.Next(models.Count)];
            var image = random.Next(images.Count);
            try
            {
                var isAnswered = request switch
                {
                    SoakRequest.One => await OneAsync(model, image, CancellationToken.None),
                    SoakRequest.Batch => await BatchAsync(model, random),
                    SoakRequest.CancelledSoon => await CancelledSoonAsync(model, image, random),
                    SoakRequest.BadImage => await BadImageAsync(model, image, random),
                    SoakRequest.Slow => await SlowAsync(model, image, isGoneHalfway: false),
                    SoakRequest.SoftmaxJson => await SoftmaxJsonAsync(random),
                    SoakRequest.SoftmaxBinary => await SoftmaxBinaryAsync(random),
                    SoakRequest.OpenInference => await OpenInferenceAsync(model, image),
                    _ => await SlowAsync(model, image, isGoneHalfway: true),
                };
                Interlocked.Increment(ref (isAnswered ? _answered : _cancelled)[(int)request]);
            }
            catch (Exception exception)
                when (exception
                        is HttpRequestException
                            or IOException
                            or SocketException
                            or JsonException
                            or KeyNotFoundException
                            or InvalidOperationException)
            {
                _unexpected.Enqueue($"{request} {model}: {exception.Message}");
            }
        }
    }

    private async Task<bool> OneAsync(string model, int image, CancellationToken cancellationToken)
    {
        using var answer = await PostAsync(model, images[image], cancellationToken);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(cancellationToken));
        Check(SoakRequest.One, model, image, answer.StatusCode, json.RootElement);
        return true;
    }

    private async Task<bool> BatchAsync(string model, Random random)
    {
        // −1 stands for no image.
        int[] sent = [.. Enumerable.Range(0, random.Next(2, 7)).Select(_ => random.Next(-1, images.Count))];
        using var form = new MultipartFormDataContent();
        foreach (var image in sent)
        {
            form.Add(new ByteArrayContent(image < 0 ? NoImage : images[image]), "image", "image.png");
        }

        using var answer = await _client.PostAsync(UrlOf(model), form);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync());
        var results = json.RootElement.GetProperty("results").EnumerateArray().ToArray();
        for (var i = 0; i < sent.Length; i++)
        {
            if (sent[i] >= 0)
            {
                Check(SoakRequest.Batch, model, sent[i], answer.StatusCode, results[i]);
            }
            else if (results[i].GetProperty("error").GetProperty("status").GetInt32()
                != (int)HttpStatusCode.UnsupportedMediaType)
            {
                _unexpected.Enqueue($"a bad image in a batch: {results[i]}");
            }
        }

        return true;
    }

    private async Task<bool> CancelledSoonAsync(string model, int image, Random random)
    {
        using var impatience = new CancellationTokenSource(TimeSpan.FromMilliseconds(random.NextDouble() * 20));
        try
        {
            return await OneAsync(model, image, impatience.Token);
        }
        catch (OperationCanceledException)
        {
            Interlocked.Increment(ref _imagesPerhapsRun);
            return false;
        }
    }

    private async Task<bool> BadImageAsync(string model, int image, Random random)
    {
        var (body, status) =
            random.Next(2) == 0
                ? (NoImage, HttpStatusCode.UnsupportedMediaType)
                : (images[image][..(images[image].Length / 2)], HttpStatusCode.UnprocessableEntity);
        using var answer = await PostAsync(model, body, CancellationToken.None);
        if (answer.StatusCode != status)
        {
            _unexpected.Enqueue($"a bad image got {answer.StatusCode}");
        }

        return true;
    }

    /// <summary>Sends a body slowly over a raw socket and may disconnect in the middle.</summary>
    private async Task<bool> SlowAsync(string model, int image, bool isGoneHalfway)
    {
        const int Pieces = 10;
        using var socket = new TcpClient(AddressFamily.InterNetwork);
        await socket.ConnectAsync(IPAddress.Loopback, address.Port);
        await using var stream = socket.GetStream();
        var body = images[image];
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"POST {UrlOf(model)} HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nContent-Length: "
                        + $"{body.Length}\r\nConnection: close\r\n\r\n")));
        for (var piece = 0; piece < (isGoneHalfway ? Pieces / 2 : Pieces); piece++)
        {
            await stream.WriteAsync(
                body.AsMemory((body.Length * piece / Pieces)..(body.Length * (piece + 1) / Pieces)));
            await stream.FlushAsync();
            await Task.Delay(10);
        }

        if (isGoneHalfway)
        {
            return false;
        }

        using var reader = new StreamReader(stream, Encoding.UTF8);
        var answer = await reader.ReadToEndAsync();
        var json = answer[answer.IndexOf('{', StringComparison.Ordinal)..(answer.LastIndexOf('}') + 1)];
        using var document = JsonDocument.Parse(json);
        Check(
            SoakRequest.Slow,
            model,
            image,
            answer.StartsWith("HTTP/1.1 200", StringComparison.Ordinal) ? HttpStatusCode.OK : 0,
            document.RootElement);
        return true;
    }

    private async Task<bool> SoftmaxJsonAsync(Random random)
    {
        float[] logits = [.. Enumerable.Range(0, random.Next(2, 200)).Select(_ => random.NextSingle() * 20)];
        var numbers = string.Join(',', logits.Select(logit => logit.ToString(CultureInfo.InvariantCulture)));
        using var content = new StringContent(
            $$"""{"logits": [{{numbers}}], "topK": 1}""",
            MediaTypeHeaderValue.Parse("application/json"));
        using var answer = await _client.PostAsync(new Uri("/softmax", UriKind.Relative), content);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync());
        CheckSum(
            SoakRequest.SoftmaxJson,
            json.RootElement.GetProperty("probabilities").EnumerateArray().Sum(probability => probability.GetDouble()));
        return true;
    }

    private async Task<bool> SoftmaxBinaryAsync(Random random)
    {
        float[] logits = [.. Enumerable.Range(0, random.Next(2, 2000)).Select(_ => random.NextSingle() * 20)];
        using var content = new ByteArrayContent(MemoryMarshal.AsBytes(logits.AsSpan()).ToArray())
        {
            Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") },
        };
        using var answer = await _client.PostAsync(new Uri("/softmax", UriKind.Relative), content);
        CheckSum(
            SoakRequest.SoftmaxBinary,
            MemoryMarshal
                .Cast<byte, float>(await answer.Content.ReadAsByteArrayAsync())
                .ToArray()
                .Sum(probability => (double)probability));
        return true;
    }

    private async Task<bool> OpenInferenceAsync(string model, int image)
    {
        var base64 = Convert.ToBase64String(images[image]);
        var json =
            $$"""
            {"inputs": [{"name": "image", "datatype": "BYTES", "shape": [1], "data": ["{{base64}}"]}],
             "outputs": [{"name": "probabilities"}]}
            """;
        using var content = new StringContent(json, MediaTypeHeaderValue.Parse("application/json"));
        using var answer = await _client.PostAsync(
            new Uri($"/v2/models/{model.Replace("/", "/versions/", StringComparison.Ordinal)}/infer", UriKind.Relative),
            content);
        using var document = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync());
        CheckSum(
            SoakRequest.OpenInference,
            document
                .RootElement.GetProperty("outputs")[0]
                .GetProperty("data")
                .EnumerateArray()
                .Sum(probability => probability.GetDouble()));
        Interlocked.Increment(ref _imagesAnswered);
        return true;
    }

    /// <summary>An answer without probabilities fails this check, too.</summary>
    private void CheckSum(SoakRequest request, double sum)
    {
        if (Math.Abs(sum - 1) > Tolerance)
        {
            _unexpected.Enqueue(
                string.Create(CultureInfo.InvariantCulture, $"{request}: the probabilities sum to {sum}"));
        }
    }

    private async Task<HttpResponseMessage> PostAsync(string model, byte[] body, CancellationToken cancellationToken)
    {
        using var content = new ByteArrayContent(body)
        {
            Headers = { ContentType = new MediaTypeHeaderValue("image/png") },
        };
        return await _client.PostAsync(UrlOf(model), content, cancellationToken);
    }

    private void Check(SoakRequest request, string model, int image, HttpStatusCode status, JsonElement answer)
    {
        var (label, probability) = _expected[(model, image)];
        if (status != HttpStatusCode.OK)
        {
            _unexpected.Enqueue($"{request} {model} got {status}: {answer}");
            return;
        }

        Interlocked.Increment(ref _imagesAnswered);
        var top = TopOf(answer);
        if (top.Label != label || Math.Abs(top.Probability - probability) > Tolerance)
        {
            _unexpected.Enqueue($"{request} {model} got {top}, alone it got {(label, probability)}");
        }
    }

    private static (string Label, double Probability) TopOf(JsonElement answer)
    {
        var top = answer.GetProperty("predictions")[0];
        // A label is never null.
        return (top.GetProperty("label").GetString()!, top.GetProperty("probability").GetDouble());
    }

    private static string UrlOf(string model) =>
        $"/classify?model={model.Split('/')[0]}&version={model.Split('/')[1]}&topK=1";
}
