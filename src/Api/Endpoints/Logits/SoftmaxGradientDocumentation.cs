using System.Net.Mime;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace SoftmaxService.Api.Endpoints.Logits;

/// <summary>Body and worked examples of <c>POST /softmax/gradient</c>.</summary>
internal static class SoftmaxGradientDocumentation
{
    public static void Apply(OpenApiOperation operation, Func<Type, IOpenApiSchema> schemaOf) =>
        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Content = new Dictionary<string, IOpenApiMediaType>
            {
                [MediaTypeNames.Application.Json] = new OpenApiMediaType
                {
                    Schema = schemaOf(typeof(SoftmaxGradientRequest)),
                    Examples = new Dictionary<string, IOpenApiExample>
                    {
                        ["target"] = Example("The cross-entropy of a target class, and its gradient", """{"logits": [2.0, 1.0, 0.1], "target": 0}"""),
                        ["rows"] = Example("Two rows, each with its target and temperature", """{"logits": [[2.0, 1.0, 0.1], [0.0, 3.0, 0.0]], "target": [0, 2], "temperature": [1, 2.5]}"""),
                        ["upstream"] = Example("A row of the Jacobian: how the first probability answers to each logit", """{"logits": [2.0, 1.0, 0.1], "upstream": [1, 0, 0]}"""),
                        ["masked"] = Example("A masked class has gradient 0", """{"logits": [2.0, "-Infinity", 0.1], "target": 2}"""),
                    },
                },
            },
        };

    private static OpenApiExample Example(string summary, string json) => new() { Summary = summary, Value = JsonNode.Parse(json) };
}
