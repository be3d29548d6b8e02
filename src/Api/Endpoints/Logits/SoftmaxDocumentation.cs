using System.Net.Mime;
using Microsoft.OpenApi;
using SoftmaxService.Api.OpenApi;

namespace SoftmaxService.Api.Endpoints.Logits;

/// <summary>Bodies, worked examples and the answer of <c>POST /softmax</c>.</summary>
internal static class SoftmaxDocumentation
{
    public static void Apply(OpenApiOperation operation, Func<Type, IOpenApiSchema> schemaOf)
    {
        operation.SetRequestBody(new()
        {
            [MediaTypeNames.Application.Json] = new OpenApiMediaType
            {
                Schema = schemaOf(typeof(SoftmaxRequest)),
                Examples = Examples(),
            },
            [MediaTypeNames.Application.Octet] = new OpenApiMediaType
            {
                Schema = Schemas.Binary("Little-endian 32-bit floats, row after row."),
            },
        });
        operation.SetSuccess("OK", new()
        {
            [MediaTypeNames.Application.Json] = new OpenApiMediaType { Schema = AnswerSchema() },
            [MediaTypeNames.Application.Octet] = new OpenApiMediaType
            {
                Schema = Schemas.Binary("For a binary body: the probabilities, in the same form as the logits."),
            },
        });
    }

    private static Dictionary<string, IOpenApiExample> Examples() => new()
    {
        ["one"] = Schemas.Example(
            "One row, with names", """{"logits": [2.0, 1.0, 0.1], "labels": ["cat", "dog", "fish"], "topK": 2}"""),
        ["hot"] = Schemas.Example(
            "The same at temperature 5: flatter",
            """{"logits": [2.0, 1.0, 0.1], "labels": ["cat", "dog", "fish"], "temperature": 5}"""),
        ["cold"] = Schemas.Example(
            "The same at temperature 0.2: nearly one-hot",
            """{"logits": [2.0, 1.0, 0.1], "labels": ["cat", "dog", "fish"], "temperature": 0.2}"""),
        ["rows"] = Schemas.Example(
            "Two rows, each with its temperature",
            """{"logits": [[2.0, 1.0, 0.1], [0.0, 3.0, 0.0]], "temperature": [1, 2.5]}"""),
        ["huge"] = Schemas.Example("Logits whose exponentials overflow a float", """{"logits": [1000, 999, 0]}"""),
        ["masked"] = Schemas.Example("A masked class has probability 0", """{"logits": [2.0, "-Infinity", 0.1]}"""),
    };

    private static OpenApiSchema AnswerSchema() => new()
    {
        Type = JsonSchemaType.Object,
        Description = "For one row, or with one entry for each row, in the shape of the logits.",
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["probabilities"] = Schemas.RowOrRows(Schemas.Number(), "softmax(z / T): each row sums to 1."),
            ["logProbabilities"] = Schemas.RowOrRows(
                Schemas.LogitOrMasked(),
                "Their natural logarithms, exact where the probability has rounded to 0 or 1."),
            ["ranked"] = Schemas.RowOrRows(
                Ranked(), "The most probable classes, most probable first; as many as topK, which defaults to 100."),
            ["uncertainty"] = Schemas.OneOrEach(Measures(), "Three measures of how sure the row is."),
        },
    };

    private static OpenApiSchema Ranked() => new()
    {
        Type = JsonSchemaType.Object,
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["label"] = new OpenApiSchema
            {
                Type = JsonSchemaType.String,
                Description = "The class's name; its index when no labels were given.",
            },
            ["index"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Integer,
                Description = "The class's position in the row, from 0.",
            },
            ["probability"] = Schemas.Number("Its probability, 0…1."),
        },
    };

    private static OpenApiSchema Measures() => new()
    {
        Type = JsonSchemaType.Object,
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["entropy"] = Schemas.Number("−Σ p ln p in nats: 0 when sure, ln K when all classes are alike."),
            ["margin"] = Schemas.Number("The largest probability less the second largest."),
            ["energy"] = Schemas.Number("−T·ln Σ exp(z/T): the lower, the more familiar the input."),
        },
    };
}
