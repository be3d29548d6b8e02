using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using SoftmaxService.Api.Endpoints.Logits;
using SoftmaxService.Api.Wire;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace SoftmaxService.Api.OpenApi;

/// <summary>The schemas of types that have a converter of their own, which reflection over their properties would get wrong.</summary>
internal static class WireSchemas
{
    public static void AddWireSchemas(this SwaggerGenOptions options)
    {
        options.MapType<FloatRows>(() => RowOrRows(LogitOrMasked(), "One row of numbers, or several rows of the same length. In logits the string \"-Infinity\" masks a class."));
        options.MapType<TemperatureRows>(() => new OpenApiSchema
        {
            Description = TemperatureRows.Requirement + " One for all rows, or one for each.",
            OneOf = [Positive(), new OpenApiSchema { Type = JsonSchemaType.Array, Items = Positive() }],
            Default = JsonValue.Create(1),
        });
        options.MapType<Base64Image>(() => new OpenApiSchema { Type = JsonSchemaType.String, Format = "byte", Description = "An encoded image in base64, with or without a data: URL's head." });
        options.MapType<SoftmaxResponse>(() => new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Description = "For one row, or with one entry a row, as the logits were.",
            Properties = new Dictionary<string, IOpenApiSchema>
            {
                ["probabilities"] = RowOrRows(Number("float"), "softmax(z / T): each row sums to 1."),
                ["logProbabilities"] = RowOrRows(LogitOrMasked(), "Their natural logarithms, exact where the probability has rounded to 0 or 1."),
                ["ranked"] = RowOrRows(Ranked(), "The most probable classes, most probable first; 100 unless topK says otherwise."),
                ["uncertainty"] = new OpenApiSchema
                {
                    Description = "Three measures of how sure the row is.",
                    OneOf = [Measures(), new OpenApiSchema { Type = JsonSchemaType.Array, Items = Measures() }],
                },
            },
        });
        options.MapType<TargetRows>(() => OneOrEach(new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32", Minimum = "0" }, "The index of the class that is right; an array with one for each row of several."));
        options.MapType<SoftmaxGradientResponse>(() => new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Description = "For one row, or with one entry a row, as the logits were.",
            Properties = new Dictionary<string, IOpenApiSchema>
            {
                ["loss"] = OneOrEach(Number("float"), "With a target: the cross-entropy −ln p_target, in nats."),
                ["gradient"] = RowOrRows(Number("float"), "One number for each logit."),
            },
        });
        options.MapType<JsonElement>(() => new OpenApiSchema { Type = JsonSchemaType.Object, AdditionalPropertiesAllowed = true });
    }

    private static OpenApiSchema OneOrEach(OpenApiSchema item, string description) =>
        new() { Description = description, OneOf = [item, new OpenApiSchema { Type = JsonSchemaType.Array, Items = item }] };

    private static OpenApiSchema RowOrRows(OpenApiSchema item, string description)
    {
        var row = new OpenApiSchema { Type = JsonSchemaType.Array, Items = item };
        return new OpenApiSchema { Description = description, OneOf = [row, new OpenApiSchema { Type = JsonSchemaType.Array, Items = row }] };
    }

    private static OpenApiSchema LogitOrMasked() => new()
    {
        OneOf = [Number("float"), new OpenApiSchema { Type = JsonSchemaType.String, Enum = [JsonValue.Create("-Infinity")] }],
    };

    private static OpenApiSchema Positive() => new() { Type = JsonSchemaType.Number, Format = "float", ExclusiveMinimum = "0" };

    private static OpenApiSchema Number(string format, string? description = null) => new() { Type = JsonSchemaType.Number, Format = format, Description = description };

    private static OpenApiSchema Ranked() => new()
    {
        Type = JsonSchemaType.Object,
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["label"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "The class's name; its index when no labels were given." },
            ["index"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Description = "The class's position in the row, from 0." },
            ["probability"] = Number("float", "Its probability, 0…1."),
        },
    };

    private static OpenApiSchema Measures() => new()
    {
        Type = JsonSchemaType.Object,
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["entropy"] = Number("float", "−Σ p ln p in nats: 0 when sure, ln K when all classes are alike."),
            ["margin"] = Number("float", "The largest probability less the second largest."),
            ["energy"] = Number("float", "−T·ln Σ exp(z/T): the lower, the more familiar the input."),
        },
    };
}
