using System.IO.Compression;
using SoftmaxService.Tests.Support.Fuzz;

namespace SoftmaxService.Api.Tests.OpenInference;

/// <summary>An invalid message or invalid text is the client's fault.</summary>
[Collection(nameof(SmallModelService))]
public sealed class DamagedMessagesTests(SmallModelService service)
{
    private const int InvalidArgument = 3;
    private const string ReadyPath = "/inference.GRPCInferenceService/ModelReady";
    private const string Path = "/inference.GRPCInferenceService/ModelInfer";

    [Theory]
    [InlineData(new byte[] { 0, 0, 0, 0, 2, 0xff, 0xff })] // a field that never ends
    [InlineData(new byte[] { 0, 0, 0, 0, 1, 0x00 })] // a field of number 0
    [InlineData(new byte[] { 0, 0, 0, 0, 3, 0x0a, 0x01, 0xff })] // a name that is no UTF-8
    [InlineData(new byte[] { 7, 0, 0, 0, 0 })] // neither plain nor compressed
    [InlineData(new byte[] { 0, 0x80, 0, 0, 1, 0 })] // 2 GiB and more
    public async Task BytesThatAreNotAMessageAreAnInvalidArgument(byte[] body)
    {
        _ = service.Client; // starts it
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var connection = await RawConnection.OpenAsync(new Uri(service.GrpcAddress).Port, limit.Token);
        var answer = await connection.CallAsync(GrpcCall.Connection(Path, body), mayBeIncomplete: false, limit.Token);

        Assert.Equal((200, InvalidArgument), (answer?.Status, answer?.GrpcStatus));
    }

    [Theory]
    [InlineData("/grpc.health.v1.Health/Check")]
    [InlineData("/grpc.health.v1.Health/Watch")]
    [InlineData("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")]
    public async Task AllServicesRejectBytesThatCannotBeginAMessage(string path)
    {
        _ = service.Client; // starts it
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var connection = await RawConnection.OpenAsync(new Uri(service.GrpcAddress).Port, limit.Token);
        var answer = await connection.CallAsync(
            GrpcCall.Connection(path, [7, 0, 0, 0, 0]), mayBeIncomplete: false, limit.Token);

        Assert.Equal((200, InvalidArgument), (answer?.Status, answer?.GrpcStatus));
    }

    [Theory]
    [InlineData("gzip", 0, 0, 0)]
    [InlineData("deflate", 0, 0, 0)]
    [InlineData("gzip", 1, 0, InvalidArgument)]
    [InlineData("deflate", 1, 0, InvalidArgument)]
    [InlineData("gzip", 12, 0, InvalidArgument)]
    [InlineData("gzip", 0, 1, InvalidArgument)]
    [InlineData("deflate", 0, 1, InvalidArgument)]
    public async Task ACompressedMessageMustBeWhole(string encoding, int cut, int added, int status)
    {
        _ = service.Client; // starts it
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var connection = await RawConnection.OpenAsync(new Uri(service.GrpcAddress).Port, limit.Token);
        using var packed = new MemoryStream();
        await using (Stream stream = encoding == "gzip"
            ? new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true)
            : new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            await stream.WriteAsync(GrpcCall.Field(1, "plain"), limit.Token);
        }

        byte[] message = [.. packed.ToArray()[..^cut], .. new byte[added]];
        var answer = await connection.CallAsync(
            GrpcCall.Connection(ReadyPath, GrpcCall.Framed(message, flag: 1), ("grpc-encoding", encoding)),
            mayBeIncomplete: false,
            limit.Token);

        Assert.Equal((200, status), (answer?.Status, answer?.GrpcStatus));
    }

    [Theory]
    [InlineData(new byte[] { 0xf4 })]
    // half of a surrogate pair
    [InlineData(new byte[] { (byte)'\\', (byte)'u', (byte)'d', (byte)'8', (byte)'0', (byte)'0' })]
    public async Task AnImageWithInvalidUnicodeIsMalformed(byte[] text)
    {
        byte[] v2 =
        [
            .. """{"inputs": [{"name": "image", "datatype": "BYTES", "shape": [1], "data": [" """u8.TrimEnd(" "u8),
            .. text,
            .. "\"]}]}"u8,
        ];
        byte[] ours = [.. "{\"image\": \""u8, .. text, .. "\"}"u8];

        (await service.PostAsync("/v2/models/mnist/infer", v2, "application/json")).IsError(400, "base64");
        (await service.PostAsync("/classify", ours, "application/json")).IsProblem(400, "malformed-json");
    }

    [Fact]
    public async Task APropertyNameWithInvalidUnicodeIsMalformed() =>
        (
            await service.PostAsync("/v2/repository/index", """{"\ud800": true}"""u8.ToArray(), "application/json")
        ).IsError(400, "Unicode");
}
