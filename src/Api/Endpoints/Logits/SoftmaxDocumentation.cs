using System.Net.Mime;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace SoftmaxService.Api.Endpoints.Logits;

/// <summary>Bodies and worked examples of <c>POST /softmax</c>.</summary>
internal static class SoftmaxDocumentation
{
    public static void Apply(OpenApiOperation operation, Func<Type, IOpenApiSchema> schemaOf)
    {
        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Content = new Dictionary<string, IOpenApiMediaType>
            {
                [MediaTypeNames.Application.Json] = new OpenApiMediaType
                {
                    Schema = schemaOf(typeof(SoftmaxRequest)),
                    Examples = new Dictionary<string, IOpenApiExample>
                    {
                        ["one"] = Example("One row, with names", """{"logits": [2.0, 1.0, 0.1], "labels": ["cat", "dog", "fish"], "topK": 2}"""),
                        ["hot"] = Example("The same at temperature 5: flatter", """{"logits": [2.0, 1.0, 0.1], "labels": ["cat", "dog", "fish"], "temperature": 5}"""),
                        ["cold"] = Example("The same at temperature 0.2: nearly one-hot", """{"logits": [2.0, 1.0, 0.1], "labels": ["cat", "dog", "fish"], "temperature": 0.2}"""),
                        ["rows"] = Example("Two rows, each with its temperature", """{"logits": [[2.0, 1.0, 0.1], [0.0, 3.0, 0.0]], "temperature": [1, 2.5]}"""),
                        ["huge"] = Example("Logits whose exponentials overflow a float", """{"logits": [1000, 999, 0]}"""),
                        ["masked"] = Example("A masked class has probability 0", """{"logits": [2.0, "-Infinity", 0.1]}"""),
                    },
                },
                [MediaTypeNames.Application.Octet] = new OpenApiMediaType { Schema = Binary("Little-endian 32-bit floats, row after row.") },
            },
        };
        operation.Responses!["200"].Content![MediaTypeNames.Application.Octet] =
            new OpenApiMediaType { Schema = Binary("For a binary body: the probabilities, in the same form as the logits.") };
    }

    private static OpenApiExample Example(string summary, string json) => new() { Summary = summary, Value = JsonNode.Parse(json) };

    private static OpenApiSchema Binary(string description) => new() { Type = JsonSchemaType.String, Format = "binary", Description = description };
}
