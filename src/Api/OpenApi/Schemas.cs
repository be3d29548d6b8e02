using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using SoftmaxService.Api.Wire;

namespace SoftmaxService.Api.OpenApi;

/// <summary>Schemas that several operations share: numbers, rows of them, bytes, and worked examples.</summary>
internal static class Schemas
{
    public static OpenApiSchema Number(string? description = null) =>
        new() { Type = JsonSchemaType.Number, Format = "float", Description = description };

    public static OpenApiSchema LogitOrMasked() => new()
    {
        OneOf =
        [
            Number(),
            new OpenApiSchema { Type = JsonSchemaType.String, Enum = [JsonValue.Create(LogitRows.Masked)] },
        ],
    };

    /// <summary>One item, or an array with one for each row.</summary>
    public static OpenApiSchema OneOrEach(OpenApiSchema item, string description) =>
        new()
        {
            Description = description,
            OneOf = [item, new OpenApiSchema { Type = JsonSchemaType.Array, Items = item }],
        };

    /// <summary>One row of items, or an array of rows.</summary>
    public static OpenApiSchema RowOrRows(OpenApiSchema item, string description) =>
        OneOrEach(new OpenApiSchema { Type = JsonSchemaType.Array, Items = item }, description);

    public static OpenApiSchema Binary(string? description) =>
        new() { Type = JsonSchemaType.String, Format = "binary", Description = description };

    public static OpenApiExample Example(string summary, string json) => Example(summary, JsonNode.Parse(json));

    public static OpenApiExample Example(string summary, JsonNode? value) => new() { Summary = summary, Value = value };
}
