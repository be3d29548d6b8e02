using System.Net.Mime;
using Microsoft.OpenApi;
using SoftmaxService.Api.OpenApi;

namespace SoftmaxService.Api.Endpoints.Logits;

/// <summary>Body, worked examples and the answer of <c>POST /softmax/gradient</c>.</summary>
internal static class SoftmaxGradientDocumentation
{
    public static void Apply(OpenApiOperation operation, Func<Type, IOpenApiSchema> schemaOf)
    {
        operation.SetRequestBody(new()
        {
            [MediaTypeNames.Application.Json] = new OpenApiMediaType
            {
                Schema = schemaOf(typeof(SoftmaxGradientRequest)),
                Examples = Examples(),
            },
        });
        operation.SetSuccess("OK", new()
        {
            [MediaTypeNames.Application.Json] = new OpenApiMediaType { Schema = AnswerSchema() },
        });
    }

    private static Dictionary<string, IOpenApiExample> Examples() => new()
    {
        ["target"] = Schemas.Example(
            "The cross-entropy of a target class, and its gradient", """{"logits": [2.0, 1.0, 0.1], "target": 0}"""),
        ["rows"] = Schemas.Example(
            "Two rows, each with its target and temperature",
            """{"logits": [[2.0, 1.0, 0.1], [0.0, 3.0, 0.0]], "target": [0, 2], "temperature": [1, 2.5]}"""),
        ["upstream"] = Schemas.Example(
            "A row of the Jacobian: how the first probability depends on each logit",
            """{"logits": [2.0, 1.0, 0.1], "upstream": [1, 0, 0]}"""),
        ["masked"] = Schemas.Example(
            "A masked class has gradient 0",
            """{"logits": [2.0, "-Infinity", 0.1], "target": 2}"""),
    };

    private static OpenApiSchema AnswerSchema() => new()
    {
        Type = JsonSchemaType.Object,
        Description = "For one row, or with one entry for each row, in the shape of the logits.",
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["loss"] = Schemas.OneOrEach(Schemas.Number(), "With a target: the cross-entropy −ln p_target, in nats."),
            ["gradient"] = Schemas.RowOrRows(Schemas.Number(), "One number for each logit."),
        },
    };
}
