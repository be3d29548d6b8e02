using System.Net.Mime;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using SoftmaxService.Api.OpenApi;

namespace SoftmaxService.Api.OpenInference;

/// <summary>Body and a worked example of <c>POST /v2/models/{model}/infer</c>.</summary>
internal static class InferDocumentation
{
    public static void Apply(OpenApiOperation operation, Func<Type, IOpenApiSchema> schemaOf)
    {
        _ = schemaOf; // the reader has no wire types: it goes from text to tensors
        operation.SetRequestBody(new()
        {
            [MediaTypeNames.Application.Json] = new OpenApiMediaType
            {
                Schema = RequestSchema(),
                Examples = new Dictionary<string, IOpenApiExample>
                {
                    ["image"] = Schemas.Example("The three highest classes of an image", Example()),
                },
            },
            [MediaTypeNames.Application.Octet] = new OpenApiMediaType
            {
                Schema = Schemas.Binary(
                    $"JSON followed by the tensors' bytes; the header {InferEndpoint.HeaderLength} states the JSON's "
                    + "length."),
            },
        });
        operation.SetSuccess("The outputs", new()
        {
            [MediaTypeNames.Application.Json] = new OpenApiMediaType { Schema = ResponseSchema() },
            [MediaTypeNames.Application.Octet] = new OpenApiMediaType
            {
                Schema = Schemas.Binary("If outputs were requested in binary: JSON followed by their bytes."),
            },
        });
    }

    private static JsonObject Example() => new()
    {
        ["inputs"] = new JsonArray(new JsonObject
        {
            ["name"] = "image",
            ["datatype"] = "BYTES",
            ["shape"] = new JsonArray(1),
            ["data"] = new JsonArray(SampleImage.Base64),
        }),
        ["outputs"] = new JsonArray(new JsonObject
        {
            ["name"] = "probabilities",
            ["parameters"] = new JsonObject { ["classification"] = 3 },
        }),
    };

    private static OpenApiSchema RequestSchema() => Object(new()
    {
        ["id"] = Text("Echoed in the answer."),
        ["parameters"] = Parameters("temperature (a number above 0), binary_data_output."),
        ["inputs"] = List(Object(new()
        {
            ["name"] = Text("The input's name in the graph."),
            ["datatype"] = Text("The input's own, or BYTES for encoded images."),
            ["shape"] = List(Integer()),
            ["parameters"] = Parameters("binary_data_size, instead of data."),
            ["data"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Array,
                Items = new OpenApiSchema(),
                Description = "Elements, flat or nested; images in base64.",
            },
        })),
        ["outputs"] = List(Object(new()
        {
            ["name"] = Text("An output; all of them if none is named."),
            ["parameters"] = Parameters("classification (a number of classes), binary_data."),
        })),
    });

    private static OpenApiSchema ResponseSchema() => Object(new()
    {
        ["model_name"] = Text("The model that answered."),
        ["model_version"] = Text("Its version."),
        ["id"] = Text("The request's id, if it had one."),
        ["parameters"] = Parameters("The temperature that was applied."),
        ["outputs"] = List(Object(new()
        {
            ["name"] = Text("The output's name."),
            ["datatype"] = Text("The elements' type."),
            ["shape"] = List(Integer()),
            ["parameters"] = Parameters("binary_data_size, instead of data."),
            ["data"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Array,
                Items = new OpenApiSchema(),
                Description = "Elements in row-major order; −Infinity is the string \"-Infinity\".",
            },
        })),
    });

    private static OpenApiSchema Object(Dictionary<string, IOpenApiSchema> properties) => new()
    {
        Type = JsonSchemaType.Object,
        Properties = properties,
    };

    private static OpenApiSchema List(OpenApiSchema item) => new() { Type = JsonSchemaType.Array, Items = item };

    private static OpenApiSchema Text(string description) => new()
    {
        Type = JsonSchemaType.String,
        Description = description,
    };

    private static OpenApiSchema Integer() => new() { Type = JsonSchemaType.Integer, Format = "int64" };

    private static OpenApiSchema Parameters(string description) => new()
    {
        Type = JsonSchemaType.Object,
        AdditionalPropertiesAllowed = true,
        Description = description,
    };
}
