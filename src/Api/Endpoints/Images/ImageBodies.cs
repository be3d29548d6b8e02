using System.Net.Mime;
using Microsoft.OpenApi;
using SoftmaxService.Api.OpenApi;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Api.Endpoints.Images;

/// <summary>The bodies that images come in: a form, JSON, or the bytes of one.</summary>
internal static class ImageBodies
{
    public static Dictionary<string, IOpenApiMediaType> Of(
        Dictionary<string, IOpenApiSchema> formFields, IOpenApiMediaType json)
    {
        var content = new Dictionary<string, IOpenApiMediaType>
        {
            [MediaTypeNames.Multipart.FormData] = new OpenApiMediaType
            {
                Schema = new OpenApiSchema { Type = JsonSchemaType.Object, Properties = formFields },
            },
            [MediaTypeNames.Application.Json] = json,
        };
        var binary = ImageFormats.All.SelectMany(format => format.MediaTypes).Append(MediaTypeNames.Application.Octet);
        foreach (var mediaType in binary)
        {
            content[mediaType] = new OpenApiMediaType { Schema = Schemas.Binary("The bytes of one image.") };
        }

        return content;
    }
}
