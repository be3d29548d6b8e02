using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Imaging;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace SoftmaxService.Api.OpenApi;

/// <summary>
/// The schemas of shared types that have a converter of their own, which reflection over their properties would get
/// wrong.
/// </summary>
internal static class WireSchemas
{
    public static void AddWireSchemas(this SwaggerGenOptions options)
    {
        options.MapType<LogitRows>(Rows);
        options.MapType<UpstreamRows>(Rows);
        options.MapType<TemperatureRows>(() => new OpenApiSchema
        {
            Description = TemperatureRows.Requirement + " One for all rows, or one for each.",
            OneOf = [Positive(), new OpenApiSchema { Type = JsonSchemaType.Array, Items = Positive() }],
            Default = JsonValue.Create(1),
        });
        options.MapType<TargetRows>(() => Schemas.OneOrEach(
            new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32", Minimum = "0" },
            "The index of the right class, or an array with one for each row."));
        options.MapType<Base64Image>(() => new OpenApiSchema
        {
            Type = JsonSchemaType.String,
            Format = "byte",
            Description = "An encoded image in base64, or as a data: URL.",
        });
        options.MapType<ResizeTarget>(() => Schemas.OneOrEach(
            new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32", Minimum = "1" },
            "The length of the shorter side, or an array of height and width."));
        options.MapType<JsonElement>(() => new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            AdditionalPropertiesAllowed = true,
        });
    }

    private static OpenApiSchema Rows() => Schemas.RowOrRows(
        Schemas.LogitOrMasked(),
        "One row of numbers, or several rows of the same length. In logits the string \"-Infinity\" masks a class.");

    private static OpenApiSchema Positive() => new()
    {
        Type = JsonSchemaType.Number,
        Format = "float",
        ExclusiveMinimum = "0",
    };
}
