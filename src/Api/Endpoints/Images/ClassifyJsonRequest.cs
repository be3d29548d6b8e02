using System.Text.Json;
using SoftmaxService.Api.Wire;

namespace SoftmaxService.Api.Endpoints.Images;

/// <summary>
/// The JSON body of a request with images, on <c>/classify</c> and <c>/preprocess</c>: exactly one of the two.
/// </summary>
internal sealed record ClassifyJsonRequest
{
    public Base64Image? Image { get; init; }

    public Base64Image[]? Images { get; init; }

    /// <summary>
    /// Rejects more images than are accepted before an object is made of each: ten megabytes of empty ones would take
    /// hundreds. What is no JSON is left to the serializer.
    /// </summary>
    public static void RejectTooMany(PooledBody body, int maxImages)
    {
        var reader = new Utf8JsonReader(RequestJson.TextOf(body));
        var (count, isInImages) = (0, false);
        try
        {
            while (count <= maxImages && reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName)
                {
                    isInImages = reader.CurrentDepth == 1 && reader.ValueTextEquals("images"u8);
                }
                else if (isInImages && reader is { CurrentDepth: 2, TokenType: JsonTokenType.String })
                {
                    count++;
                }
            }
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            return;
        }

        if (count > maxImages)
        {
            throw MultipartImages.TooMany(maxImages);
        }
    }
}
