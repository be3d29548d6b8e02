using System.Globalization;
using System.Net.Mime;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using SoftmaxService.Api.Problems;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace SoftmaxService.Api.OpenApi;

/// <summary>
/// Writes <see cref="OperationProblems"/> and <see cref="OperationDetails"/> into the OpenAPI document.
/// </summary>
internal sealed class OperationDetailsFilter : IOperationFilter
{
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        var metadata = context.ApiDescription.ActionDescriptor.EndpointMetadata;
        foreach (var problems in metadata.OfType<OperationProblems>())
        {
            AddProblems(operation, problems.Problems);
        }

        foreach (var details in metadata.OfType<OperationDetails>())
        {
            details.Apply(operation, type => context.SchemaGenerator.GenerateSchema(type, context.SchemaRepository));
        }
    }

    private static void AddProblems(OpenApiOperation operation, IReadOnlyList<Problem> problems)
    {
        operation.Responses ??= [];
        foreach (var sameStatus in problems.GroupBy(problem => problem.Status))
        {
            operation.Responses[sameStatus.Key.ToString(CultureInfo.InvariantCulture)] = new OpenApiResponse
            {
                Description = string.Join("; or ", sameStatus.Select(problem => $"{problem.Title} (`{problem.Code}`)")),
                Content = new Dictionary<string, IOpenApiMediaType>
                {
                    [MediaTypeNames.Application.ProblemJson] = new OpenApiMediaType
                    {
                        Schema = ProblemSchema(),
                        Examples = sameStatus.ToDictionary(
                            problem => problem.Code,
                            problem => (IOpenApiExample)new OpenApiExample { Value = ExampleOf(problem) }),
                    },
                },
            };
        }
    }

    private static OpenApiSchema ProblemSchema() => new()
    {
        Type = JsonSchemaType.Object,
        Description = "A problem document (RFC 9457).",
        Required = new HashSet<string> { "type", "title", "status", "detail", "code" },
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["type"] = new OpenApiSchema
            {
                Type = JsonSchemaType.String,
                Format = "uri",
                Description = "Identifies the kind of fault.",
            },
            ["title"] = new OpenApiSchema
            {
                Type = JsonSchemaType.String,
                Description = "The kind of fault in words; the same each time.",
            },
            ["status"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Description = "The HTTP status." },
            ["detail"] = new OpenApiSchema
            {
                Type = JsonSchemaType.String,
                Description = "What was wrong with this request, and what would be right.",
            },
            ["code"] = new OpenApiSchema
            {
                Type = JsonSchemaType.String,
                Description = "The kind of fault for programs; stable.",
            },
            ["traceId"] = new OpenApiSchema
            {
                Type = JsonSchemaType.String,
                Description = "Finds the request in the log.",
            },
        },
    };

    private static JsonObject ExampleOf(Problem problem) => new()
    {
        ["type"] = problem.Type,
        ["title"] = problem.Title,
        ["status"] = problem.Status,
        ["detail"] = "What was wrong with this request, and what would be right.",
        ["code"] = problem.Code,
    };
}
