using Grpc.Core;
using Grpc.Core.Interceptors;
using SoftmaxService.Api.Load;
using SoftmaxService.Api.Problems;

namespace SoftmaxService.Api.OpenInference;

/// <summary>
/// Turns every exception of a call into its gRPC status. Which problem it is, <see cref="ProblemExceptionHandler"/>
/// decides.
/// </summary>
internal sealed partial class GrpcFaults(ILogger<GrpcFaults> log) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context);
        }
        catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested)
        {
            throw new RpcException(HasTimedOut(context)
                ? new Status(StatusCode.DeadlineExceeded, "The call's deadline has passed.")
                : Status.DefaultCancelled);
        }
        catch (Exception fault) when (fault is not RpcException)
        {
            var (problem, detail) = ProblemExceptionHandler.Describe(fault);
            if (problem == Problem.InternalError)
            {
                Unexpected(log, fault, context.Method);
            }

            throw new RpcException(new Status(GrpcProblems.StatusOf(problem), detail));
        }
    }

    // The client's own deadline, or that of the service.
    private static bool HasTimedOut(ServerCallContext context) =>
        context.Deadline < DateTime.UtcNow
            || context.GetHttpContext().Features.Get<RequestDeadline>() is { IsExpired: true };

    [LoggerMessage(LogLevel.Error, "An unexpected fault while answering {Method}")]
    private static partial void Unexpected(ILogger log, Exception exception, string method);
}
