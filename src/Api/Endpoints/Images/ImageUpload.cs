using System.Net.Mime;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Api.Endpoints.Images;

/// <summary>The images of a request, whichever of the three kinds of body they came in.</summary>
internal sealed class ImageUpload : IDisposable
{
    private static readonly string[] ImageMediaTypes = [.. ImageFormats.All.SelectMany(format => format.MediaTypes)];

    private readonly PooledBody? _body;

    private ImageUpload(ReadOnlyMemory<byte> single, PooledBody? body = null)
    {
        Single = single;
        _body = body;
    }

    private ImageUpload(IReadOnlyList<ReadOnlyMemory<byte>> batch) => Batch = batch;

    /// <summary>The images of a batch, which may be of one; otherwise there is a single one.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>>? Batch { get; }

    /// <summary>The only image, where the request was not a batch.</summary>
    public ReadOnlyMemory<byte> Single { get; }

    public static async ValueTask<ImageUpload> ReadAsync(
        HttpRequest request, RequestJson json, int maxImages, CancellationToken cancellationToken)
    {
        var mediaType = MediaTypes.Of(request);
        if (mediaType == MediaTypeNames.Multipart.FormData)
        {
            return await ReadFormAsync(request, maxImages, cancellationToken);
        }

        if (MediaTypes.IsJson(mediaType))
        {
            return await ReadJsonAsync(request, json, maxImages, cancellationToken);
        }

        if (mediaType != MediaTypeNames.Application.Octet && !ImageMediaTypes.Contains(mediaType))
        {
            throw MediaTypes.Reject(
                request,
                $"{MediaTypeNames.Multipart.FormData}, {MediaTypeNames.Application.Json}, "
                + $"{MediaTypeNames.Application.Octet}, {string.Join(", ", ImageMediaTypes)}");
        }

        var body = await PooledBody.ReadAsync(request, cancellationToken);
        return new ImageUpload(body.Memory, body);
    }

    /// <summary>For a route that accepts one image: several are rejected, and so is a list of one.</summary>
    public static async ValueTask<ImageUpload> ReadSingleAsync(
        HttpRequest request, RequestJson json, int maxImages, CancellationToken cancellationToken)
    {
        var upload = await ReadAsync(request, json, maxImages, cancellationToken);
        return upload.Batch switch
        {
            null => upload,
            _ when MediaTypes.IsJson(MediaTypes.Of(request)) => throw new RequestException(
                Problem.MalformedJson,
                "This route accepts one image: the body holds {\"image\": \"<base64>\"}, and no images."),
            { Count: var count } => throw new RequestException(
                Problem.InvalidForm,
                $"The form holds {count} files; this route accepts one image."),
        };
    }

    public void Dispose() => _body?.Dispose();

    private static async Task<ImageUpload> ReadFormAsync(
        HttpRequest request, int maxImages, CancellationToken cancellationToken)
    {
        MediaTypes.RejectEncodings(request);
        var images = await MultipartImages.ReadAsync(request, maxImages, cancellationToken);
        return images.Count > 1 ? new ImageUpload(images) : new ImageUpload(images[0]);
    }

    private static async Task<ImageUpload> ReadJsonAsync(
        HttpRequest request, RequestJson json, int maxImages, CancellationToken cancellationToken)
    {
        using var body = await PooledBody.ReadAsync(request, cancellationToken);
        switch (await json.DeserializeAsync<ClassifyJsonRequest>(
            body, "image or images", whole => ClassifyJsonRequest.RejectTooMany(whole, maxImages), cancellationToken))
        {
            case { Image: { } image, Images: null }:
                return new ImageUpload(image.Bytes);

            case { Image: null, Images: { Length: > 0 } images }:
                return images.Length > maxImages
                    ? throw MultipartImages.TooMany(maxImages)
                    : new ImageUpload([.. images.Select(one => (ReadOnlyMemory<byte>)one.Bytes)]);

            default:
                throw new RequestException(
                    Problem.MalformedJson,
                    "The body holds {\"image\": \"<base64>\"} or {\"images\": "
                    + "[\"<base64>\", …]} with at least one, not both.");
        }
    }
}
