using System.Net.Mime;
using Microsoft.Net.Http.Headers;

namespace SoftmaxService.Api.Http;

/// <summary>What a request says its body is.</summary>
internal static class MediaTypes
{
    /// <summary>The media type in lower case without its parameters; empty when none is given or it cannot be read.</summary>
    public static string Of(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var parsed) ? parsed.MediaType.Value!.ToLowerInvariant() : "";

    public static bool IsJson(string mediaType) =>
        mediaType == MediaTypeNames.Application.Json || (mediaType.StartsWith("application/", StringComparison.Ordinal) && mediaType.EndsWith("+json", StringComparison.Ordinal));

    public static RequestException Refuse(HttpRequest request, string accepted) => new(
        Problem.UnsupportedMediaType,
        string.IsNullOrEmpty(request.ContentType) ? $"The request names no content type. This route takes {accepted}." : $"The content type is '{request.ContentType}'. This route takes {accepted}.");
}
