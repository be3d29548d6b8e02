using System.Net.Mime;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using SoftmaxService.Api.Problems;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Api.Wire;

/// <summary>The files of a <c>multipart/form-data</c> body (RFC 7578), in their order.</summary>
internal static class MultipartImages
{
    private const int MaxBoundaryLength = 70; // RFC 2046, section 5.1.1
    private const int MaxEmptyFields = 100;

    public static async Task<List<ReadOnlyMemory<byte>>> ReadAsync(
        HttpRequest request, int maxImages, CancellationToken cancellationToken)
    {
        var reader = new MultipartReader(BoundaryOf(request), request.Body);
        var images = new List<ReadOnlyMemory<byte>>();
        var emptyFields = 0;
        while (await NextSectionAsync(reader, cancellationToken) is { } section)
        {
            var disposition = DispositionOf(section);
            var content = await ReadContentAsync(section, cancellationToken);
            if (content.IsEmpty && disposition.FileName.Length == 0 && disposition.FileNameStar.Length == 0)
            {
                // What browsers send for a field that was left empty.
                emptyFields = emptyFields < MaxEmptyFields ? emptyFields + 1 : throw TooManyEmptyFields();
                continue;
            }

            CheckIsFile(disposition);
            images.Add(images.Count < maxImages ? content : throw TooMany(maxImages));
        }

        return images.Count > 0
            ? images
            : throw new RequestException(
                Problem.ImageEmpty,
                "The form holds no file. Send an image, as with curl -F image=@seven.png.");
    }

    public static RequestException TooMany(int maxImages) =>
        new(
            Problem.TooManyImages,
            $"The request holds more than {maxImages} images, the most that are accepted (setting "
            + "Limits:MaxImagesPerRequest).");

    private static RequestException TooManyEmptyFields() => new(
        Problem.InvalidForm,
        $"The form has more than {MaxEmptyFields} empty fields. Send only the files.");

    private static string BoundaryOf(HttpRequest request)
    {
        var boundary = HeaderUtilities.RemoveQuotes(MediaTypeHeaderValue.Parse(request.ContentType).Boundary).Value;
        return boundary is { Length: > 0 and <= MaxBoundaryLength }
            ? boundary
            : throw new RequestException(
                Problem.InvalidForm,
                $"The content type '{MediaTypeNames.Multipart.FormData}' must name a boundary of 1 to "
                + $"{MaxBoundaryLength} characters.");
    }

    private static async Task<MultipartSection?> NextSectionAsync(
        MultipartReader reader, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadNextSectionAsync(cancellationToken);
        }
        catch (Exception exception) when (IsBrokenForm(exception))
        {
            throw Broken(exception);
        }
    }

    private static ContentDispositionHeaderValue DispositionOf(MultipartSection section)
    {
        if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition))
        {
            throw new RequestException(
                Problem.InvalidForm,
                "A part of the form has no valid Content-Disposition header. A file's is like: form-data; "
                + "name=\"image\"; filename=\"seven.png\".");
        }

        disposition.FileName = HeaderUtilities.RemoveQuotes(disposition.FileName);
        return disposition;
    }

    private static void CheckIsFile(ContentDispositionHeaderValue disposition)
    {
        if (!disposition.FileName.HasValue && !disposition.FileNameStar.HasValue)
        {
            throw new RequestException(
                Problem.InvalidForm,
                $"The form has a text field '{Quoting.Shorten(disposition.Name.Value ?? "")}'. "
                + "It may only hold image files; everything else is a query parameter.");
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadContentAsync(
        MultipartSection section, CancellationToken cancellationToken)
    {
        try
        {
            using var file = new MemoryStream();
            await section.Body.CopyToAsync(file, cancellationToken);
            return file.GetBuffer().AsMemory(0, (int)file.Length);
        }
        catch (Exception exception) when (IsBrokenForm(exception))
        {
            throw Broken(exception);
        }
    }

    /// <summary>
    /// The reader reports a broken form by the same exceptions as a broken disk; a broken connection has its own.
    /// </summary>
    private static bool IsBrokenForm(Exception exception) =>
        exception is InvalidDataException || exception.GetType() == typeof(IOException);

    private static RequestException Broken(Exception exception) => new(
        Problem.InvalidForm,
        exception is InvalidDataException
            ? "The form cannot be read: a part has headers that are malformed, too many or too long. "
                + "Each part begins with its boundary, then lines such as Content-Disposition, then an empty line."
            : "The form ends before its closing boundary.");
}
