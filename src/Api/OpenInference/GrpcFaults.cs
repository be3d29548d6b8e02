using System.Globalization;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Core.Interceptors;
using SoftmaxService.Api.Load;
using SoftmaxService.Api.Problems;

namespace SoftmaxService.Api.OpenInference;

/// <summary>
/// Gives every fault of a call its gRPC status. What kind of fault it is, and what the client is told, <see cref="ProblemExceptionHandler"/>
/// says; here its HTTP status only finds its counterpart.
/// </summary>
internal sealed partial class GrpcFaults(ILogger<GrpcFaults> log) : Interceptor
{
    private const string ContentType = "application/grpc";

    /// <summary>Whether a request is a call of gRPC, to be answered as one: of a route of ours, since to others gRPC's clients have an answer of their own.</summary>
    public static bool IsCall(HttpContext context) =>
        context.Request.ContentType?.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase) == true && context.AskedEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>() is not null;

    /// <summary>Refuses a call outside gRPC's own handling: a status in the headers, and no message.</summary>
    public static Task AnswerAsync(HttpResponse response, StatusCode status, string detail)
    {
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = ContentType;
        response.Headers["grpc-status"] = ((int)status).ToString(CultureInfo.InvariantCulture);
        response.Headers["grpc-message"] = Uri.EscapeDataString(detail);
        return Task.CompletedTask;
    }

    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context);
        }
        catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested)
        {
            throw new RpcException(IsOutOfTime(context) ? new Status(StatusCode.DeadlineExceeded, "The call's deadline has passed.") : Status.DefaultCancelled);
        }
        catch (Exception fault) when (fault is not RpcException)
        {
            var (problem, detail) = ProblemExceptionHandler.Describe(fault);
            if (problem == Problem.InternalError)
            {
                Unexpected(log, fault, context.Method);
            }

            throw new RpcException(new Status(StatusOf(problem), detail));
        }
    }

    // The client's own deadline, or that of the service.
    private static bool IsOutOfTime(ServerCallContext context) => context.Deadline < DateTime.UtcNow || context.GetHttpContext().Features.Get<RequestDeadline>() is { IsExpired: true };

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

    [LoggerMessage(LogLevel.Error, "An unexpected fault while answering {Method}")]
    private static partial void Unexpected(ILogger log, Exception exception, string method);
}
