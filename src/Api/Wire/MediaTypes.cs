using System.Net.Mime;
using Microsoft.Net.Http.Headers;
using SoftmaxService.Api.Problems;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Api.Wire;

/// <summary>What a request declares its body to be.</summary>
internal static class MediaTypes
{
    /// <summary>
    /// The media type in lower case without its parameters; empty when none is given or it cannot be read.
    /// </summary>
    public static string Of(HttpRequest request) => request.ContentType switch
    {
        MediaTypeNames.Image.Png or MediaTypeNames.Image.Jpeg => request.ContentType,
        MediaTypeNames.Application.Octet or MediaTypeNames.Application.Json => request.ContentType,
        var type when MediaTypeHeaderValue.TryParse(type, out var parsed) => parsed.MediaType.Value!.ToLowerInvariant(),
        _ => "",
    };

    /// <summary>
    /// Rejects bodies that are compressed, and JSON in another encoding than UTF-8: read as they are, they would be
    /// called malformed.
    /// </summary>
    public static void RejectEncodings(HttpRequest request)
    {
        if (request.Headers.ContentEncoding is { Count: > 0 } encodings && encodings != "identity")
        {
            throw new RequestException(
                Problem.UnsupportedMediaType,
                $"The body is encoded as '{Quoting.Shorten(encodings.ToString())}'. "
                + "Send it as it is, without Content-Encoding.");
        }

        RejectCharset(request);
    }

    /// <summary>Rejects JSON in another encoding than UTF-8.</summary>
    public static void RejectCharset(HttpRequest request)
    {
        if (request.ContentType?.Contains("charset", StringComparison.OrdinalIgnoreCase) != true)
        {
            return;
        }

        var charset = MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            ? HeaderUtilities.RemoveQuotes(type.Charset)
            : default;
        if (charset.Length > 0 && IsJson(Of(request)) && !charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase))
        {
            throw new RequestException(
                Problem.UnsupportedMediaType,
                $"The content type declares the charset '{Quoting.Shorten(charset.ToString())}'. Send JSON in UTF-8.");
        }
    }

    public static bool IsJson(string mediaType) =>
        mediaType == MediaTypeNames.Application.Json
            || (
                mediaType.StartsWith("application/", StringComparison.Ordinal)
                    && mediaType.EndsWith("+json", StringComparison.Ordinal));

    public static RequestException Reject(HttpRequest request, string accepted) => new(
        Problem.UnsupportedMediaType,
        string.IsNullOrEmpty(request.ContentType)
            ? $"The request names no content type. This route accepts {accepted}."
            : $"The content type is '{Quoting.Shorten(request.ContentType)}'. This route accepts {accepted}.");
}
