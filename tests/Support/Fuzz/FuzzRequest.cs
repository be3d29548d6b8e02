using System.Globalization;
using System.IO.Compression;
using System.Text;
using SoftmaxService.Tests.Support.Fuzz.Images;

namespace SoftmaxService.Tests.Support.Fuzz;

/// <summary>The damaged part of a request.</summary>
public enum FuzzKind
{
    Image,
    Form,
    Json,
    Floats,
    OpenInferenceJson,
    OpenInferenceBinary,
    Grpc,
    Target,
    Header,
    Framing,
    Http2,
}

/// <summary>
/// A damaged request. It depends only on the seed and the number.
/// </summary>
/// <param name="Number">Its number, from 0.</param>
/// <param name="Kind">The damaged part.</param>
/// <param name="Bytes">All bytes sent over the wire.</param>
/// <param name="MustBeAnswered">
/// Whether the framing is undamaged, so that the service must answer, and reject with one of its own problem documents.
/// </param>
public sealed record FuzzRequest(long Number, FuzzKind Kind, byte[] Bytes, bool MustBeAnswered)
{
    private const string Boundary = "fuzz-7d1f0a";

    private static readonly FuzzKind[] Mix =
    [
        .. Enumerable.Repeat(FuzzKind.Image, 30),
        .. Enumerable.Repeat(FuzzKind.Form, 8),
        .. Enumerable.Repeat(FuzzKind.Json, 20),
        .. Enumerable.Repeat(FuzzKind.Floats, 4),
        .. Enumerable.Repeat(FuzzKind.OpenInferenceJson, 8),
        .. Enumerable.Repeat(FuzzKind.OpenInferenceBinary, 6),
        .. Enumerable.Repeat(FuzzKind.Grpc, 6),
        .. Enumerable.Repeat(FuzzKind.Target, 7),
        .. Enumerable.Repeat(FuzzKind.Header, 5),
        .. Enumerable.Repeat(FuzzKind.Framing, 4),
        .. Enumerable.Repeat(FuzzKind.Http2, 2),
    ];

    private static readonly string[] Methods =
    [
        "GET",
        "POST",
        "PUT",
        "HEAD",
        "OPTIONS",
        "DELETE",
        "PATCH",
        "TRACE",
        "BREW",
        "get",
    ];

    private static readonly string[] Paths =
    [
        "/classify",
        "/preprocess",
        "/softmax",
        "/softmax/gradient",
        "/calibrate",
        "/models",
        "/models/mnist",
        "/models/mnist/1",
        "/models/mnist/1/reliability.svg",
        "/health/live",
        "/health/ready",
        "/swagger/index.html",
        "/swagger/v1/swagger.json",
        "/",
        "/assets/0/app.js",
        "/v2",
        "/v2/health/live",
        "/v2/health/ready",
        "/v2/models/mnist",
        "/v2/models/mnist/ready",
        "/v2/models/mnist/infer",
        "/v2/models/mnist/versions/1/infer",
        "/v2/repository/index",
        "/v2/repository/models/mnist/load",
        "/v2/repository/models/mnist/unload",
        "/inference.GRPCInferenceService/ModelInfer",
        "/metrics",
    ];

    private static readonly string[] Parameters =
    [
        "model",
        "version",
        "temperature",
        "topK",
        "alpha",
        "threshold",
        "classes",
        "Temperature",
        "unknown",
        "%00",
        "%ff",
        "",
    ];

    private static readonly string[] MediaTypes =
    [
        "",
        "image/png",
        "image/tiff",
        "image/*",
        "application/json",
        "application/json; charset=utf-16",
        "application/json; charset=\"",
        "application/problem+json",
        "application/octet-stream",
        "text/plain",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"\"",
        $"multipart/form-data; boundary={Boundary}",
        "multipart/form-data; boundary=fuzz 7d1f0a",
        "multipart/mixed; boundary=x",
        "application/x-www-form-urlencoded",
        "/",
        "a/b/c",
        ";;;",
        "\u00fc/\u00fc",
        "application/grpc",
    ];

    private static readonly string[] Headers =
    [
        "Content-Encoding: gzip",
        "Content-Encoding: br",
        "Content-Encoding: deflate, gzip",
        "Content-Encoding: identity",
        "Accept: text/html",
        "Accept: ;;",
        "Accept-Charset: x",
        "Expect: 100-continue",
        "Inference-Header-Content-Length: 0",
        "Inference-Header-Content-Length: -1",
        "Inference-Header-Content-Length: 99999999999",
        "Inference-Header-Content-Length: 5",
        "Inference-Header-Content-Length: x",
        "traceparent: 00-0-0-0",
        "traceparent: 00-ffffffffffffffffffffffffffffffff-ffffffffffffffff-ff",
        "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "tracestate: \u00ff=",
        "baggage: a=%ff;;",
        "timeout: -1",
        "timeout: 0",
        "timeout: 99999999999999999999",
        "timeout: x",
        "timeout: 5",
        "Range: bytes=0-1",
        "If-None-Match: *",
        "Cookie: \u00e9",
        "Upgrade: websocket",
        "Upgrade: h2c",
        "HTTP2-Settings: AAMAAABkAAQAAP__",
        "X-Forwarded-For: ::1",
        "X-API-Key: x",
        "Authorization: Bearer",
        "Authorization: Basic ====",
        "Origin: null",
        "TE: trailers",
        "Referer: \u00fc",
        "X-HTTP-Method-Override: GET",
        "Accept-Encoding: gzip;q=nan",
    ];

    private static readonly string[] Framings =
    [
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: -1",
        "Content-Length: 99999999999999999999",
        "Content-Length: 4294967297",
        "Content-Length: 0x10",
        "Content-Length: 2\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: gzip",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: chunked",
        "Host: a\r\nHost: b",
        "Host: a b",
        ": no-name",
        "No colon",
        "X: \0",
        " folded: x",
        "X:\r\n folded",
        "Connection: close, keep-alive\r\nContent-Length: 3",
    ];

    public bool IsHttp2 => Kind is FuzzKind.Grpc or FuzzKind.Http2;

    public static FuzzRequest Make(int seed, long number)
    {
        // Random starts similarly for adjacent seeds, so the seeds are spread.
        var random = new Random(unchecked((int)(((seed * 1_000_003L) + number) * 2_654_435_761L >> 7)));
        var kind = Mix[random.Next(Mix.Length)];
        return kind switch
        {
            FuzzKind.Image => Answered(
                random,
                number,
                kind,
                "/classify",
                ImageBody(random, out var mediaType),
                mediaType),
            FuzzKind.Form => Answered(
                random,
                number,
                kind,
                "/classify",
                FormBody(random),
                $"multipart/form-data; boundary={Boundary}"),
            FuzzKind.Json => JsonRequest(random, number),
            FuzzKind.Floats => Answered(
                random,
                number,
                kind,
                $"/softmax?classes={random.Next(1, 9)}&temperature={random.Next(1, 4)}",
                ByteMutation.Damage(random, FuzzSeeds.TensorBytes[..(4 * random.Next(1, 100))]),
                "application/octet-stream"),
            FuzzKind.OpenInferenceJson => OpenInferenceJson(random, number),
            FuzzKind.OpenInferenceBinary => OpenInferenceBinary(random, number),
            FuzzKind.Grpc => Grpc(random, number),
            FuzzKind.Target => Target(random, number),
            FuzzKind.Header => Header(random, number),
            FuzzKind.Framing => Framing(random, number),
            _ => new FuzzRequest(
                number,
                kind,
                [
                    .. GrpcCall.Preface,
                    .. ByteMutation.Damage(
                        random,
                        GrpcConnection(
                            random,
                            GrpcCall.Framed(FuzzSeeds.InferMessage(FuzzSeeds.Images[0].Bytes, asTensor: false))
                        )[GrpcCall.Preface.Length..]),
                ],
                MustBeAnswered: false),
        };
    }

    private static byte[] ImageBody(Random random, out string mediaType)
    {
        if (random.Next(2) == 0)
        {
            (_, mediaType, var made) = MadeImage.Make(random);
            return made;
        }

        (var image, mediaType) = Pick(random, FuzzSeeds.Images);
        return ByteMutation.DamageImage(random, image);
    }

    private static byte[] FormBody(Random random)
    {
        byte[][] images =
        [
            .. Enumerable
                .Range(0, random.Next(1, 5))
                .Select(_ => random.Next(2) == 0 ? ImageBody(random, out var _) : Pick(random, FuzzSeeds.Images).Bytes),
        ];
        var form = FuzzSeeds.Form(Boundary, images);
        return random.Next(2) == 0 ? ByteMutation.Damage(random, form) : form;
    }

    private static FuzzRequest JsonRequest(Random random, long number)
    {
        if (random.Next(4) == 0)
        {
            var images = string.Join(
                ", ",
                Enumerable
                    .Range(0, random.Next(1, 4))
                    .Select(_ => $"\"{Convert.ToBase64String(ImageBody(random, out var _))}\""));
            var json = random.Next(2) == 0 ? $$"""{"images": [{{images}}]}""" : $$"""{"image": {{images}}}""";
            return Answered(
                random,
                number,
                FuzzKind.Json,
                "/classify",
                random.Next(2) == 0 ? TextMutation.Damage(random, json) : Encoding.UTF8.GetBytes(json),
                "application/json");
        }

        var (path, seed) = Pick(random, FuzzSeeds.Json);
        return Answered(random, number, FuzzKind.Json, path, TextMutation.Damage(random, seed), "application/json");
    }

    private static FuzzRequest OpenInferenceJson(Random random, long number)
    {
        var (path, json) = Pick(random, FuzzSeeds.OpenInference);
        var body = TextMutation.Damage(random, json);
        return random.Next(4) == 0
            ? Answered(
                random,
                number,
                FuzzKind.OpenInferenceJson,
                path,
                ByteMutation.Damage(random, Gzip(body)),
                "application/json",
                "Content-Encoding: gzip")
            : Answered(random, number, FuzzKind.OpenInferenceJson, path, body, "application/json");
    }

    private static FuzzRequest OpenInferenceBinary(Random random, long number)
    {
        byte[] json;
        byte[] blob;
        if (random.Next(2) == 0)
        {
            (json, blob) = (
                Encoding.UTF8.GetBytes(FuzzSeeds.BinaryTensorJson),
                ByteMutation.Damage(random, FuzzSeeds.TensorBytes));
        }
        else
        {
            blob = ByteMutation.Damage(
                random,
                FuzzSeeds.Elements(ImageBody(random, out _), Pick(random, FuzzSeeds.Images).Bytes));
            json = Encoding.UTF8.GetBytes(
                """{"inputs": [{"name": "image", "datatype": "BYTES", "shape": [2],"""
                + $$""" "parameters": {"binary_data_size": {{blob.Length}} } }]}""");
        }

        json = random.Next(2) == 0 ? TextMutation.Damage(random, Encoding.UTF8.GetString(json)) : json;
        var declaredLength = json.Length + (random.Next(8) == 0 ? random.Next(-5, 6) : 0);
        return Answered(
            random,
            number,
            FuzzKind.OpenInferenceBinary,
            "/v2/models/mnist/infer",
            [.. json, .. blob],
            "application/octet-stream",
            string.Create(CultureInfo.InvariantCulture, $"Inference-Header-Content-Length: {declaredLength}"));
    }

    private static FuzzRequest Grpc(Random random, long number)
    {
        var message = FuzzSeeds.InferMessage(ImageBody(random, out _), asTensor: random.Next(2) == 0);
        message = random.Next(3) == 0 ? message : ByteMutation.Damage(random, message);
        var framed = GrpcCall.Framed(message, flag: random.Next(10) == 0 ? (byte)random.Next(256) : (byte)0);
        framed = random.Next(10) == 0 ? ByteMutation.Damage(random, framed) : framed;
        return new FuzzRequest(number, FuzzKind.Grpc, GrpcConnection(random, framed), MustBeAnswered: true);
    }

    private static byte[] GrpcConnection(Random random, byte[] framed)
    {
        string[] calls =
        [
            "ModelInfer",
            "ModelInfer",
            "ModelInfer",
            "ModelInfer",
            "ModelInfer",
            "ModelMetadata",
            "RepositoryIndex",
            "ModelReady",
            "ServerLive",
            "RepositoryModelLoad",
            "NoSuchCall",
        ];
        (string, string)[] headers = random.Next(6) switch
        {
            0 => [("grpc-timeout", Pick(random, ["1S", "5000m", "99999999H", "-1S", "x", "1"]))],
            1 => [("grpc-encoding", Pick(random, ["gzip", "deflate", "identity", "br", ""]))],
            _ => [],
        };
        return GrpcCall.Connection($"/inference.GRPCInferenceService/{Pick(random, calls)}", framed, headers);
    }

    private static FuzzRequest Target(Random random, long number)
    {
        var path = Pick(random, Paths);
        path = random.Next(3) switch
        {
            0 => path,
            1 => $"{path}/{TextMutation.Value(random)}",
            _ => path.Replace("mnist", TextMutation.Value(random), StringComparison.Ordinal)
                .Replace("/1", $"/{TextMutation.Value(random)}", StringComparison.Ordinal),
        };
        var query = string.Join(
            '&',
            Enumerable
                .Range(0, random.Next(5))
                .Select(_ =>
                    $"{Pick(random, Parameters)}{(random.Next(8) == 0 ? "" : "=")}{TextMutation.Value(random)}"));
        var (image, mediaType) = FuzzSeeds.Images[0];
        var method = random.Next(3) == 0 ? Pick(random, Methods) : "POST";
        return new FuzzRequest(
            number,
            FuzzKind.Target,
            Http(
                method,
                $"{path}{(query.Length > 0 ? "?" : "")}{query}",
                [$"Content-Type: {mediaType}"],
                method is "TRACE" ? [] : image),
            MustBeAnswered: false);
    }

    private static FuzzRequest Header(Random random, long number)
    {
        List<string> headers = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Pick(random, Headers))];
        if (random.Next(20) == 0)
        {
            headers.Add($"X-Long: {new string('x', 1 << random.Next(10, 17))}");
        }

        headers.Add($"Content-Type: {Pick(random, MediaTypes)}");
        var (path, body) = random.Next(3) switch
        {
            0 => ("/classify", FuzzSeeds.Form(Boundary, FuzzSeeds.Images[0].Bytes)),
            1 => Encoded(Pick(random, FuzzSeeds.Json)),
            _ => Encoded(Pick(random, FuzzSeeds.OpenInference)),
        };
        return new FuzzRequest(number, FuzzKind.Header, Http("POST", path, headers, body), MustBeAnswered: false);

        static (string, byte[]) Encoded((string Path, string Json) request) =>
            (request.Path, Encoding.UTF8.GetBytes(request.Json));
    }

    private static FuzzRequest Framing(Random random, long number)
    {
        var (path, json) = Pick(random, FuzzSeeds.Json);
        var body = Encoding.UTF8.GetBytes(json);
        var bytes = random.Next(4) switch
        {
            0 => Http(
                "POST",
                path,
                ["Content-Type: application/json", Pick(random, Framings)],
                body,
                declaresLength: false),
            1 => Http(
                "POST",
                path,
                ["Content-Type: application/json", "Transfer-Encoding: chunked"],
                ByteMutation.Damage(random, Chunked(random, body)),
                declaresLength: false),
            2 => Http(
                "POST",
                path,
                [
                    "Content-Type: application/json",
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"Content-Length: {body.Length + random.Next(-20, 20)}"),
                ],
                body,
                declaresLength: false),
            _ => ByteMutation.Damage(random, Http("POST", path, ["Content-Type: application/json"], body)),
        };
        return new FuzzRequest(number, FuzzKind.Framing, bytes, MustBeAnswered: false);
    }

    private static FuzzRequest Answered(
        Random random,
        long number,
        FuzzKind kind,
        string target,
        byte[] body,
        string mediaType,
        params string[] headers)
    {
        if (target == "/classify" && random.Next(8) == 0)
        {
            target = Pick(
                random,
                [
                    "/classify?topK=3&temperature=2",
                    "/classify?alpha=0.05",
                    "/classify?threshold=0.5",
                    "/classify?model=cifar10",
                ]);
        }

        string[] all = [$"Content-Type: {mediaType}", .. headers];
        return new FuzzRequest(
            number,
            kind,
            random.Next(8) == 0
                ? Http(
                    "POST",
                    target,
                    [.. all, "Transfer-Encoding: chunked"],
                    Chunked(random, body),
                    declaresLength: false)
                : Http("POST", target, all, body),
            MustBeAnswered: true);
    }

    private static byte[] Http(
        string method,
        string target,
        IEnumerable<string> headers,
        byte[] body,
        bool declaresLength = true)
    {
        var length = declaresLength
            ? string.Create(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\n")
            : "";
        return
        [
            .. Encoding.Latin1.GetBytes(
                $"{method} {target} HTTP/1.1\r\nHost: localhost\r\n"
                    + $"{string.Concat(headers.Select(header => $"{header}\r\n"))}{length}\r\n"),
            .. body,
        ];
    }

    private static byte[] Chunked(Random random, byte[] body)
    {
        using var chunked = new MemoryStream();
        for (var start = 0; start < body.Length;)
        {
            var count = Math.Min(random.Next(1, 2000), body.Length - start);
            chunked.Write(Encoding.ASCII.GetBytes($"{count:x}\r\n"));
            chunked.Write(body, start, count);
            chunked.Write("\r\n"u8);
            start += count;
        }

        chunked.Write("0\r\n\r\n"u8);
        return chunked.ToArray();
    }

    private static byte[] Gzip(byte[] body)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest))
        {
            gzip.Write(body);
        }

        return compressed.ToArray();
    }

    private static T Pick<T>(Random random, IReadOnlyList<T> choices) => choices[random.Next(choices.Count)];
}
