using Microsoft.OpenApi;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Wire;

namespace SoftmaxService.Api.OpenApi;

/// <summary>What an endpoint adds to its entry in the OpenAPI document; carried as endpoint metadata.</summary>
internal sealed record OperationDetails(DescribeOperation Apply);

/// <summary>
/// Completes an operation; <paramref name="schemaOf"/> gives a wire type's schema and adds it to the document.
/// </summary>
internal delegate void DescribeOperation(OpenApiOperation operation, Func<Type, IOpenApiSchema> schemaOf);

/// <summary>The problems that an endpoint may answer; carried as endpoint metadata.</summary>
internal sealed record OperationProblems(IReadOnlyList<Problem> Problems);

internal static class OperationDetailsExtensions
{
    /// <summary>
    /// Adds to the endpoint's entry what its signature cannot say: bodies with examples, and query parameters.
    /// </summary>
    public static RouteHandlerBuilder Describe(
        this RouteHandlerBuilder endpoint, DescribeOperation apply, IReadOnlyList<QueryParameter> parameters) =>
        endpoint.WithMetadata(new OperationDetails((operation, schemaOf) =>
        {
            operation.Parameters =
            [
                .. (operation.Parameters ?? []).Where(parameter => parameter.In == ParameterLocation.Path),
                .. parameters.Select(parameter => parameter.ToOpenApi()),
            ];
            apply(operation, schemaOf);
        }));

    /// <summary>Documents every problem that the endpoint may answer.</summary>
    public static RouteHandlerBuilder Answers(
        this RouteHandlerBuilder endpoint, params IReadOnlyList<Problem> problems) =>
        endpoint.WithMetadata(new OperationProblems(problems));
}
