using Grpc.Core;

namespace SoftmaxService.Api.Tests.OpenInference;

/// <summary>The fault that a call over gRPC ends in.</summary>
internal static class RpcFault
{
    public static async Task AssertAsync<T>(StatusCode status, AsyncUnaryCall<T> call, string mention)
    {
        var fault = await Assert.ThrowsAsync<RpcException>(async () => await call);

        Assert.Equal(status, fault.StatusCode);
        Assert.Contains(mention, fault.Status.Detail, StringComparison.Ordinal);
    }
}
