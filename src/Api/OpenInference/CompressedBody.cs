using System.IO.Compression;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Api.OpenInference;

/// <summary>
/// Reads and parses a body that may be compressed: <c>gzip</c>, or <c>deflate</c>, which on HTTP means the zlib format
/// (RFC 9110, section 8.4.1). It is inflated once it has arrived whole, so that no permit is held by a client that
/// stalls.
/// </summary>
internal static class CompressedBody
{
    /// <summary>Reads a body.</summary>
    /// <param name="request">Its request.</param>
    /// <param name="gate">What large bodies wait for, before they are inflated beyond a small size and parsed.</param>
    /// <param name="limit">The most bytes that a compressed one may inflate to.</param>
    /// <param name="parse">What is made of the body. It may keep parts of it until that is disposed.</param>
    /// <param name="cancellationToken">Ends the wait for the client and for the gate.</param>
    /// <returns>The body, to be disposed, and what was made of it.</returns>
    public static async Task<(PooledBody Body, T Content)> ReadAsync<T>(
        HttpRequest request,
        BodyGate gate,
        int limit,
        Func<PooledBody, T> parse,
        CancellationToken cancellationToken)
    {
        MediaTypes.RejectCharset(request);
        var encoding = request.Headers.ContentEncoding.ToString().Trim().ToLowerInvariant();
        var inflate = InflationOf(encoding);
        var body = await PooledBody.ReadAsync(request.Body, request.ContentLength, cancellationToken);
        if (inflate is null)
        {
            return await ParseAsync(body, gate, parse, cancellationToken);
        }

        using var compressed = body;
        await using var inflated = new LimitedStream(
            InflatedStream.Read(
                compressed.OpenRead(),
                inflate,
                $"The {encoding} data of the body",
                reason => new RequestException(Problem.BadRequest, reason)),
            limit,
            () => BodyLimit.InflatesTooFar(limit),
            request.HttpContext.Features.Get<IBodyMemory>() is { } memory ? memory.Reserve : null);
        return await InflateAsync(inflated, gate, parse, cancellationToken);
    }

    private static Func<Stream, Stream>? InflationOf(string encoding) => encoding switch
    {
        "" or "identity" => null,
        "gzip" or "x-gzip" => body => new GZipStream(body, CompressionMode.Decompress),
        "deflate" => body => new ZLibStream(body, CompressionMode.Decompress),
        _ => throw new RequestException(
            Problem.UnsupportedMediaType,
            $"The body is encoded as '{Quoting.Shorten(encoding)}'. "
            + "Send it as it is, or with a Content-Encoding of gzip or deflate."),
    };

    private static async Task<(PooledBody Body, T Content)> ParseAsync<T>(
        PooledBody body, BodyGate gate, Func<PooledBody, T> parse, CancellationToken cancellationToken)
    {
        try
        {
            return (body, await gate.ParseAsync(body, parse, cancellationToken));
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Parsing follows under the same permit: otherwise every body would be inflated, and hold its memory, before the
    /// first is parsed.
    /// </summary>
    private static async Task<(PooledBody Body, T Content)> InflateAsync<T>(
        Stream inflated, BodyGate gate, Func<PooledBody, T> parse, CancellationToken cancellationToken)
    {
        var body = new PooledBody();
        try
        {
            var content = body.Fill(inflated, BodyGate.MaxShortBytes, cancellationToken)
                ? parse(body)
                : await gate.RunLongAsync(
                    () =>
                    {
                        body.Fill(inflated, int.MaxValue, cancellationToken);
                        return parse(body);
                    },
                    cancellationToken);
            return (body, content);
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }
}
