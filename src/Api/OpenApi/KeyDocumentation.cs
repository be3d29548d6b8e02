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
        operation.Responses.TryAdd("401", Answer(Problem.KeyMissing, Problem.KeyUnknown));
        operation.Responses.TryAdd("403", Answer(Problem.ScopeMissing));
        operation.Responses.TryAdd("429", Answer(Problem.RateExceeded));
    }

    private static OpenApiResponse Answer(params IEnumerable<Problem> problems) => new()
    {
        Description = string.Join("; or ", problems.Select(problem => $"{problem.Title} (`{problem.Code}`)")),
    };
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
