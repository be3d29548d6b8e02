using System.Globalization;
using System.Net.Mime;
using System.Net.Sockets;
using System.Text;
using SkiaSharp;
using SoftmaxService.Tests.Support.Images;
using SoftmaxService.Tests.Support.Models;

namespace SoftmaxService.ReliabilityBenchmarks.Cost;

/// <summary>Every attack of the trial, from none on.</summary>
internal static class Attacks
{
    /// <summary>The model whose runs never end, for an image that is evenly grey.</summary>
    public const string EndlessModel = "endless";

    private const string Json = MediaTypeNames.Application.Json;
    private const int Many = 200;
    private const int BodyLimit = 10 * 1024 * 1024;
    private const double TrickleBytesPerSecond = 2500;
    private const int Medium = 316; // 4.99 ms by the header of a GIF
    private const int HeadBytes = 150; // what a request has beside its body

    public static IReadOnlyList<Attack> All { get; } =
    [
        new("nothing", "nothing", (_, ended) => Task.Delay(Timeout.Infinite, ended)),
        Repeated("calibrate", "20 × 2048 logits in 1000 bins, by 2", 2, "/calibrate",
            Payloads.Calibration(20, 2048, 1000), Json),
        Repeated("calibrate", "1140 × 2048 logits in 1000 bins, by 2", 2, "/calibrate",
            Payloads.Calibration(1140, 2048, 1000), Json),
        Repeated("calibrate", "500,000 × 2 logits in 1000 bins, by 2", 2, "/calibrate",
            Payloads.Calibration(500_000, 2, 1000), Json),
        .. Decoding("PNG", "16 bits, RGBA, interlaced"),
        .. Decoding("PNG", "the same with a profile"),
        .. Decoding("JPEG", "progressive, 3 components, 98 scans, 6.5 megapixels"),
        .. Decoding("JPEG", "the same with a profile"),
        .. Decoding("WebP", "lossless, three transforms"),
        .. Decoding("GIF", "one small frame on a large screen"),
        .. Decoding("BMP", "run-length coded, every pixel skipped"),
        new("medium", "forms of 64 images of 0.1 megapixels, by 4", SendMediumAsync),
        new("preprocess", "/preprocess of an image of 0.1 megapixels, by 32", PreprocessAsync),
        new("stall", "150 uploads of 10 MB that stall before their end", (target, ended) => StallAsync(
            target, Head("/softmax", BodyLimit), new byte[BodyLimit - 1], ended)),
        new("stall", "150 uploads of 10 KB in gzip that stall before their end", StallInflatingAsync),
        new("unread", "2.6 million logits whose answer nobody reads, by 64", ReadNothingAsync),
        new("trickle", "the smallest of these files at 2.5 KB/s, by 4, without waiting", TrickleAsync),
        Repeated("softmax", "2.6 million logits in rows of 1000, by 8", 8, "/softmax",
            Payloads.Logits(2600, 1000), Json),
        Repeated("softmax", "2.6 million logits in rows of 2, by 8", 8, "/softmax",
            Payloads.Logits(1_300_000, 2), Json),
        Repeated("softmax", "2.6 million logits in binary, by 8", 8, "/softmax?classes=2", new byte[BodyLimit]),
        Repeated("softmax", "gradients of 2 × 1.3 million logits, by 8", 8, "/softmax/gradient",
            Payloads.Gradients(1_000_000), Json),
        Repeated("v2", "10 MB that were 10 KB in gzip, by 200", Many, "/v2/models/mnist/infer",
            Payloads.Tensor(), Json, "gzip"),
        Repeated("v2", "100 images a request, by 8", 8, "/v2/models/cifar10/infer", Payloads.Images(100), Json),
        new("get", "swagger.json and reliability.svg, by 16", GetAsync),
        new("endless", "one request for a model whose run never ends", SendEndlessAsync),
        new("load", "a model of 33 KB that takes a minute to load, dropped in", (target, ended) => DropAsync(
            target, CostlyModels.NestedFunctions(depth: 9, width: 9), ended)),
        new("load", "a model with a constant of 2 GB, dropped in", (target, ended) => DropAsync(
            target, CostlyModels.Filled(1L << 29), ended)),
    ];

    private static Attack Repeated(
        string kind, string name, int clients, string path, byte[] body, string mediaType = "application/octet-stream",
        string? encoding = null) => new(kind, name, (target, ended) => target.RepeatAsync(
            clients,
            () =>
            {
                var request = Target.Post(path, body, mediaType);
                if (encoding is not null)
                {
                    request.Content!.Headers.ContentEncoding.Add(encoding); // Post always sets a content
                }

                return request;
            },
            ended));

    /// <summary>Four clients that send the file as often as they get an answer.</summary>
    private static IEnumerable<Attack> Decoding(string kind, string name)
    {
        var file = CostlyFile.All.First(file => file.Kind == kind && file.Name == name);
        return [new("decode", $"{kind}: {name}, by 4", (target, ended) => target.RepeatAsync(
            4, () => Target.Post("/classify?model=mnist", file.Bytes), ended))];
    }

    /// <summary>Images that are just too small for the permits of long ones.</summary>
    private static Task SendMediumAsync(Target target, CancellationToken ended)
    {
        var image = FlatGif.Make(Medium, Medium);
        return target.RepeatAsync(
            4,
            () =>
            {
                var form = new MultipartFormDataContent();
                for (var i = 0; i < 64; i++)
                {
                    form.Add(new ByteArrayContent(image), "image", "a.gif");
                }

                return new HttpRequestMessage(HttpMethod.Post, new Uri("/classify?model=mnist", UriKind.Relative))
                {
                    Content = form,
                };
            },
            ended);
    }

    private static Task PreprocessAsync(Target target, CancellationToken ended)
    {
        var image = FlatGif.Make(Medium, 8);
        return target.RepeatAsync(32, () => Target.Post("/preprocess?model=cifar10", image), ended);
    }

    private static Task StallInflatingAsync(Target target, CancellationToken ended)
    {
        var body = Payloads.Tensor();
        var head = Head("/v2/models/mnist/infer", body.Length, "Content-Encoding: gzip\r\n");
        return StallAsync(target, head, body.AsMemory(0, body.Length - 1), ended);
    }

    private static Task ReadNothingAsync(Target target, CancellationToken ended)
    {
        var body = Payloads.Logits(2600, 1000);
        return StallAsync(target, Head("/softmax", body.Length), body, ended, clients: 64);
    }

    private static byte[] Head(string path, int length, string more = "") => Encoding.ASCII.GetBytes(
        string.Create(
            CultureInfo.InvariantCulture,
            $"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{more}"
                + $"Content-Length: {length}\r\n\r\n"));

    /// <summary>Sends each client's bytes, reads the first ones of its answer, and waits for the end.</summary>
    private static async Task StallAsync(
        Target target, byte[] head, ReadOnlyMemory<byte> body, CancellationToken ended, int clients = 150)
    {
        await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(
            async () =>
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
                {
                    ReceiveBufferSize = 4096,
                };
                try
                {
                    await socket.ConnectAsync(target.Address.Host, target.Address.Port, ended);
                    await socket.SendAsync(head, ended);
                    var sending = SendAllAsync(socket, body, ended);
                    var answer = new byte[64];
                    var read = await socket.ReceiveAsync(answer, ended);
                    target.Count(read > 12 ? int.Parse(answer.AsSpan(9, 3), CultureInfo.InvariantCulture) : 0);
                    await sending;
                    await Task.Delay(Timeout.Infinite, ended);
                }
                catch (SocketException)
                {
                    target.Count(0);
                }
                catch (OperationCanceledException)
                {
                    // The attack is over, and the upload has stalled until now.
                }
            },
            CancellationToken.None)));
    }

    private static async Task SendAllAsync(Socket socket, ReadOnlyMemory<byte> body, CancellationToken ended)
    {
        try
        {
            while (body.Length > 0)
            {
                body = body[await socket.SendAsync(body, ended)..];
            }
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            // Its answer is read elsewhere.
        }
    }

    private static async Task TrickleAsync(Target target, CancellationToken ended)
    {
        byte[][] files = [.. CostlyFile.All.Select(file => file.Bytes).Where(bytes => bytes.Length < 10_000)];
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async client =>
        {
            List<Task> sent = [];
            for (var next = client; !ended.IsCancellationRequested; next++)
            {
                var file = files[next % files.Length];
                sent.Add(target.SendAsync(Target.Post("/classify?model=mnist", file), ended));
                await Task.Delay(TimeSpan.FromSeconds((HeadBytes + file.Length) / TrickleBytesPerSecond), ended)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            await Task.WhenAll(sent);
        }));
    }

    private static Task GetAsync(Target target, CancellationToken ended)
    {
        var next = 0;
        return target.RepeatAsync(
            16,
            () => new HttpRequestMessage(
                HttpMethod.Get,
                new Uri(
                    Payloads.Pages[(Interlocked.Increment(ref next) & int.MaxValue) % Payloads.Pages.Count],
                    UriKind.Relative)),
            ended);
    }

    private static Task SendEndlessAsync(Target target, CancellationToken ended) => target.SendAsync(
        Target.Post($"/classify?model={EndlessModel}", EncodedImages.Encode(4, 4, (_, _) => SKColors.Gray)), ended);

    /// <summary>Drops a model into the folder, and takes it away at the end.</summary>
    private static async Task DropAsync(Target target, byte[] model, CancellationToken ended)
    {
        var folder = Path.Combine(target.ModelFolder, "dropped");
        var version = Directory.CreateDirectory(Path.Combine(folder, "1"));
        await File.WriteAllBytesAsync(Path.Combine(version.FullName, "model.onnx"), model, CancellationToken.None);
        await Task.Delay(Timeout.Infinite, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Directory.Delete(folder, recursive: true);
    }
}
