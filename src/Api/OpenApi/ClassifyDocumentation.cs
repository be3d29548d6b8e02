using System.Net.Mime;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using SoftmaxService.Api.Endpoints;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Api.OpenApi;

/// <summary>Bodies and examples of <c>POST /classify</c>.</summary>
internal static class ClassifyDocumentation
{
    public static void Apply(OpenApiOperation operation, Func<Type, IOpenApiSchema> schemaOf)
    {
        var content = new Dictionary<string, IOpenApiMediaType>
        {
            [MediaTypeNames.Multipart.FormData] = new OpenApiMediaType
            {
                Schema = new OpenApiSchema
                {
                    Type = JsonSchemaType.Object,
                    Properties = new Dictionary<string, IOpenApiSchema>
                    {
                        ["image"] = Binary("An image file."),
                        ["images"] = new OpenApiSchema { Type = JsonSchemaType.Array, Items = Binary(null), Description = "More image files. With more than one file in all, the answer is a batch. The names of the fields do not matter." },
                    },
                },
            },
            [MediaTypeNames.Application.Json] = new OpenApiMediaType
            {
                Schema = schemaOf(typeof(ClassifyJsonRequest)),
                Examples = new Dictionary<string, IOpenApiExample>
                {
                    ["one"] = new OpenApiExample { Summary = "One image", Value = new JsonObject { ["image"] = SampleImage.Base64 } },
                    ["batch"] = new OpenApiExample { Summary = "A batch", Value = new JsonObject { ["images"] = new JsonArray(SampleImage.Base64, SampleImage.Base64) } },
                },
            },
        };
        foreach (var mediaType in ImageFormats.All.SelectMany(format => format.MediaTypes).Append(MediaTypeNames.Application.Octet))
        {
            content[mediaType] = new OpenApiMediaType { Schema = Binary("The bytes of one image.") };
        }

        operation.RequestBody = new OpenApiRequestBody { Required = true, Content = content };
        operation.Responses!["200"] = new OpenApiResponse
        {
            Description = "The answer for one image, or for a batch",
            Content = new Dictionary<string, IOpenApiMediaType>
            {
                [MediaTypeNames.Application.Json] = new OpenApiMediaType
                {
                    Schema = new OpenApiSchema { OneOf = [schemaOf(typeof(ClassifyResponse)), schemaOf(typeof(ClassifyBatchResponse))] },
                },
            },
        };
    }

    private static OpenApiSchema Binary(string? description) => new() { Type = JsonSchemaType.String, Format = "binary", Description = description };
}
