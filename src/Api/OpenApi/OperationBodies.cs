using Microsoft.OpenApi;

namespace SoftmaxService.Api.OpenApi;

/// <summary>Sets the body that an operation requires and the one that it answers with, by media type.</summary>
internal static class OperationBodies
{
    public static void SetRequestBody(this OpenApiOperation operation, Dictionary<string, IOpenApiMediaType> content) =>
        operation.RequestBody = new OpenApiRequestBody { Required = true, Content = content };

    public static void SetSuccess(
        this OpenApiOperation operation, string description, Dictionary<string, IOpenApiMediaType> content) =>
        operation.Responses!["200"] = new OpenApiResponse { Description = description, Content = content };
}
