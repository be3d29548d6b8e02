using System.Text;
using SoftmaxService.Tests.Support.Fuzz.Images;

namespace SoftmaxService.Tests.Support.Fuzz;

/// <summary>Requests with odd headers.</summary>
internal static class DamagedHeader
{
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
        $"multipart/form-data; boundary={DamagedBody.Boundary}",
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

    public static FuzzRequest Make(Random random, long number)
    {
        List<string> headers = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => random.Of(Headers))];
        if (random.Next(20) == 0)
        {
            headers.Add($"X-Long: {new string('x', 1 << random.Next(10, 17))}");
        }

        headers.Add($"Content-Type: {random.Of(MediaTypes)}");
        var (path, body) = random.Next(3) switch
        {
            0 => ("/classify", FuzzSeeds.Form(DamagedBody.Boundary, FuzzSeeds.Images[0].Bytes)),
            1 => Encoded(random.Pick(FuzzSeeds.Json)),
            _ => Encoded(random.Pick(FuzzSeeds.OpenInference)),
        };
        return new FuzzRequest(
            number,
            FuzzKind.Header,
            RawRequest.Bytes("POST", path, headers, body),
            MustBeAnswered: false);

        static (string, byte[]) Encoded((string Path, string Json) request) =>
            (request.Path, Encoding.UTF8.GetBytes(request.Json));
    }
}
