using System.Globalization;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using SoftmaxService.Api.Problems;

namespace SoftmaxService.Api.OpenInference;

/// <summary>Writes the problem of a gRPC call as its status, in headers and without a message.</summary>
internal sealed class GrpcProblems : IProblemFormat
{
    public const string ContentType = "application/grpc";
    public const string StatusHeader = "grpc-status";

    /// <summary>Only for our own routes: gRPC's clients understand HTTP's own 404 for others.</summary>
    public bool IsExpectedBy(HttpContext context) =>
        context.Request.ContentType?.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase) == true
        && context.RequestedEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>() is not null;

    public Task WriteAsync(HttpContext context, Problem problem, string detail) =>
        AnswerAsync(context.Response, StatusOf(problem), detail);

    /// <summary>Ends a call outside gRPC's own handling.</summary>
    public static Task AnswerAsync(HttpResponse response, StatusCode status, string detail)
    {
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = ContentType;
        response.Headers[StatusHeader] = ((int)status).ToString(CultureInfo.InvariantCulture);
        response.Headers["grpc-message"] = Uri.EscapeDataString(detail);
        return Task.CompletedTask;
    }

    /// <summary>A rejection as gRPC passes it on.</summary>
    public static RpcException ExceptionOf(RequestException rejection) =>
        new(new Status(StatusOf(rejection.Problem), rejection.Message));

    public static StatusCode StatusOf(Problem problem) => problem.Status switch
    {
        StatusCodes.Status401Unauthorized => StatusCode.Unauthenticated,
        StatusCodes.Status403Forbidden => StatusCode.PermissionDenied,
        StatusCodes.Status404NotFound => StatusCode.NotFound,
        StatusCodes.Status413PayloadTooLarge or StatusCodes.Status429TooManyRequests => StatusCode.ResourceExhausted,
        StatusCodes.Status501NotImplemented => StatusCode.Unimplemented,
        StatusCodes.Status503ServiceUnavailable => StatusCode.Unavailable,
        StatusCodes.Status504GatewayTimeout => StatusCode.DeadlineExceeded,
        >= 500 => StatusCode.Internal,
        _ => StatusCode.InvalidArgument,
    };
}
