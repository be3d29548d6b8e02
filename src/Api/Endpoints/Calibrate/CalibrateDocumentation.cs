using System.Net.Mime;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using SoftmaxService.Api.OpenApi;

namespace SoftmaxService.Api.Endpoints.Calibrate;

/// <summary>Body and a worked example of <c>POST /calibrate</c>.</summary>
internal static class CalibrateDocumentation
{
    private const int ExampleRows = 40;
    private const double ExampleTemperature = 2.5;

    public static void Apply(OpenApiOperation operation, Func<Type, IOpenApiSchema> schemaOf) =>
        operation.SetRequestBody(new()
        {
            [MediaTypeNames.Application.Json] = new OpenApiMediaType
            {
                Schema = schemaOf(typeof(CalibrateRequest)),
                Examples = new Dictionary<string, IOpenApiExample>
                {
                    ["overconfident"] = Schemas.Example("Logits 2.5 times too large", Overconfident()),
                },
            },
        });

    /// <summary>
    /// Labels drawn from the softmax of small logits, and those logits made too large: the fitted temperature undoes
    /// the scaling.
    /// </summary>
    private static JsonObject Overconfident()
    {
        var random = new Random(8);
        var (logits, labels) = (new JsonArray(), new JsonArray());
        for (var row = 0; row < ExampleRows; row++)
        {
            double[] z =
            [
                Math.Round(random.NextDouble() * 4, 1),
                Math.Round(random.NextDouble() * 4, 1),
                Math.Round(random.NextDouble() * 4, 1),
            ];
            var total = z.Sum(Math.Exp);
            var (draw, label) = (random.NextDouble() * total, 0);
            while (label < z.Length - 1 && draw >= Math.Exp(z[label]))
            {
                draw -= Math.Exp(z[label++]);
            }

            logits.Add(
                (JsonNode)new JsonArray(
                    [.. z.Select(value => JsonValue.Create(Math.Round(value * ExampleTemperature, 2)))]));
            labels.Add((JsonNode)label);
        }

        return new JsonObject { ["logits"] = logits, ["labels"] = labels, ["alphas"] = new JsonArray(0.1) };
    }
}
