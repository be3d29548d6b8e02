using System.Net.Mime;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using SoftmaxService.Api.Endpoints.Images;
using SoftmaxService.Api.OpenApi;
using SoftmaxService.Api.Wire;

namespace SoftmaxService.Api.Endpoints.Preprocess;

/// <summary>Bodies, an example and the answer of <c>POST /preprocess</c>.</summary>
internal static class PreprocessDocumentation
{
    public static void Apply(OpenApiOperation operation, Func<Type, IOpenApiSchema> schemaOf)
    {
        operation.SetRequestBody(ImageBodies.Of(
            new Dictionary<string, IOpenApiSchema>
            {
                ["image"] = Schemas.Binary("An image file. The name of the field does not matter."),
            },
            new OpenApiMediaType
            {
                Schema = new OpenApiSchema
                {
                    Type = JsonSchemaType.Object,
                    Required = new HashSet<string> { "image" },
                    Properties = new Dictionary<string, IOpenApiSchema> { ["image"] = schemaOf(typeof(Base64Image)) },
                },
                Examples = new Dictionary<string, IOpenApiExample>
                {
                    ["one"] = Schemas.Example("One image", new JsonObject { ["image"] = SampleImage.Base64 }),
                },
            }));
        operation.SetSuccess("What the model sees", new()
        {
            [MediaTypeNames.Image.Png] = new OpenApiMediaType
            {
                Schema = Schemas.Binary("A PNG of the model's input size."),
            },
            [PreprocessEndpoint.Npy] = new OpenApiMediaType
            {
                Schema = Schemas.Binary(
                    "With `as=npy`: the input tensor of one image as a `.npy` file, in the graph's shape and element "
                    + "type."),
            },
        });
    }
}
