using SoftmaxService.Tests.Support.Fuzz;

namespace SoftmaxService.Api.Tests.OpenInference;

/// <summary>Reflection is a stream: a later message may be damaged as well as the first.</summary>
public sealed class ReflectionStreamTests
{
    private const string Path = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

    private static readonly byte[] ListServices = GrpcCall.Framed(GrpcCall.Field(7, "*"));

    private static readonly byte[][] Damaged =
    [
        GrpcCall.Framed([0xff, 0xff]),
        GrpcCall.Framed([0x0a, 0x01, 0xff]),
        [7, 0, 0, 0, 0],
        [0, 0x80, 0, 0, 1, 0],
        [0, 0x7f, 0, 0, 1, 0],
        [0, 0, 0],
        [0, 0, 0, 0, 9, 1],
        GrpcCall.Framed([1, 2, 3], flag: 1),
        GrpcCall.Framed(new byte[100_000]),
    ];

    [Fact]
    public async Task ALaterMessageThatIsDamagedIsNotLoggedAsAnError()
    {
        using var service = await ServiceProcess.StartReadyAsync(ServiceProcess.Built);
        foreach (var encoding in new[] { "identity", "gzip", "br" })
        {
            foreach (var message in Damaged)
            {
                using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
                using var connection = await RawConnection.OpenAsync(
                    new Uri(service.GrpcAddress).Port, limit.Token);
                var answer = await connection.CallAsync(
                    GrpcCall.Connection(Path, [.. ListServices, .. message], ("grpc-encoding", encoding)),
                    mayBeIncomplete: false,
                    limit.Token);
                Assert.NotEqual(0, answer?.GrpcStatus);
            }
        }

        await service.TerminateAsync();
        await service.ExitCodeAsync();
        Assert.DoesNotContain(" ERR ", service.Output, StringComparison.Ordinal);
    }
}
