using System.Net.Mime;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using SoftmaxService.Api.Endpoints.Images;
using SoftmaxService.Api.OpenApi;

namespace SoftmaxService.Api.Endpoints.Classify;

/// <summary>Bodies and examples of <c>POST /classify</c>.</summary>
internal static class ClassifyDocumentation
{
    public static void Apply(OpenApiOperation operation, Func<Type, IOpenApiSchema> schemaOf)
    {
        operation.SetRequestBody(ImageBodies.Of(
            new Dictionary<string, IOpenApiSchema>
            {
                ["image"] = Schemas.Binary("An image file."),
                ["images"] = new OpenApiSchema
                {
                    Type = JsonSchemaType.Array,
                    Items = Schemas.Binary(null),
                    Description =
                        "More image files. With more than one file in all, the answer is a batch. The names of the "
                        + "fields do not matter.",
                },
            },
            new OpenApiMediaType
            {
                Schema = schemaOf(typeof(ClassifyJsonRequest)),
                Examples = new Dictionary<string, IOpenApiExample>
                {
                    ["one"] = Schemas.Example("One image", new JsonObject { ["image"] = SampleImage.Base64 }),
                    ["batch"] = Schemas.Example(
                        "A batch",
                        new JsonObject { ["images"] = new JsonArray(SampleImage.Base64, SampleImage.Base64) }),
                },
            }));
        operation.SetSuccess("The answer for one image, or for a batch", new()
        {
            [MediaTypeNames.Application.Json] = new OpenApiMediaType
            {
                Schema = new OpenApiSchema
                {
                    OneOf = [schemaOf(typeof(ClassifyResponse)), schemaOf(typeof(ClassifyBatchResponse))],
                },
            },
        });
    }
}
