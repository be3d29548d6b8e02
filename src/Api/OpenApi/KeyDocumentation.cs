using Microsoft.AspNetCore.Authorization;
using Microsoft.OpenApi;
using SoftmaxService.Api.Access;
using SoftmaxService.Api.Problems;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace SoftmaxService.Api.OpenApi;

/// <summary>
/// States in the OpenAPI document which operations require an API key, which gives Swagger UI its Authorize button.
/// </summary>
internal sealed class KeyDocumentation : IOperationFilter
{
    public const string KeyScheme = "apiKey";
    public const string BearerScheme = "bearer";

    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        if (context.ApiDescription.ActionDescriptor.EndpointMetadata.OfType<IAllowAnonymous>().Any())
        {
            return;
        }

        operation.Security =
        [
            new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(KeyScheme, context.Document)] = [] },
            new OpenApiSecurityRequirement
            {
                [new OpenApiSecuritySchemeReference(BearerScheme, context.Document)] = [],
            },
        ];
        operation.Responses ??= [];
        Add(operation.Responses, "401", Problem.KeyMissing, Problem.KeyUnknown);
        Add(operation.Responses, "403", Problem.ScopeMissing);
        Add(operation.Responses, "429", Problem.RateExceeded);
    }

    private static void Add(OpenApiResponses responses, string status, params IEnumerable<Problem> problems)
    {
        var description = string.Join("; or ", problems.Select(problem => $"{problem.Title} (`{problem.Code}`)"));
        if (!responses.TryAdd(status, new OpenApiResponse { Description = description }))
        {
            responses[status].Description += $"; or {description}";
        }
    }
}

internal static class KeyDocumentationExtensions
{
    public static void AddKeys(this SwaggerGenOptions options)
    {
        options.AddSecurityDefinition(KeyDocumentation.KeyScheme, new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.ApiKey,
            In = ParameterLocation.Header,
            Name = ApiKeyHandler.Header,
            Description = "An API key.",
        });
        options.AddSecurityDefinition(KeyDocumentation.BearerScheme, new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            Description = "The same API key, in the header Authorization.",
        });
        options.AddOperationFilterInstance(new KeyDocumentation());
    }
}
