using System.IO.Compression;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Api.OpenInference;

/// <summary>
/// Reads a body that may be compressed: <c>gzip</c>, or <c>deflate</c>, which on HTTP means the zlib format (RFC 9110,
/// section 8.4.1).
/// </summary>
internal static class CompressedBody
{
    public static async Task<PooledBody> ReadAsync(HttpRequest request, int limit, CancellationToken cancellationToken)
    {
        MediaTypes.RejectCharset(request);
        var encoding = request.Headers.ContentEncoding.ToString().Trim().ToLowerInvariant();
        if (encoding is "" or "identity")
        {
            return await PooledBody.ReadAsync(request.Body, request.ContentLength, cancellationToken);
        }

        Func<Stream, Stream> inflate = encoding switch
        {
            "gzip" or "x-gzip" => body => new GZipStream(body, CompressionMode.Decompress),
            "deflate" => body => new ZLibStream(body, CompressionMode.Decompress),
            _ => throw new RequestException(
                Problem.UnsupportedMediaType,
                $"The body is encoded as '{Quoting.Shorten(encoding)}'. "
                + "Send it as it is, or with a Content-Encoding of gzip or deflate."),
        };
        await using var inflated = new LimitedStream(
            InflatedStream.Read(
                request.Body,
                inflate,
                $"The {encoding} data of the body",
                reason => new RequestException(Problem.BadRequest, reason)),
            limit,
            () => BodyLimit.InflatesTooFar(limit),
            request.HttpContext.Features.Get<IBodyMemory>() is { } memory ? memory.Reserve : null);
        return await PooledBody.ReadAsync(inflated, declaredLength: null, cancellationToken);
    }
}
