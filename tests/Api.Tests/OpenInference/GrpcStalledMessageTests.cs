using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using SoftmaxService.Api.Load;
using SoftmaxService.Api.OpenInference.Wire;
using SoftmaxService.Api.Wire;

namespace SoftmaxService.Api.Tests.OpenInference;

/// <summary>A large message takes a permit only once it has arrived.</summary>
public sealed class GrpcStalledMessageTests : IDisposable
{
    private const int Declared = 2 << 20;
    private const int Sent = 3 << 19;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly int Count = Environment.ProcessorCount + 1; // one more than there are permits

    private readonly ServiceWith _service;
    private readonly Uri _address;

    public GrpcStalledMessageTests()
    {
        _address = new Uri($"http://127.0.0.1:{SmallModelService.FreePort()}");
        _service = new ServiceWith(("Grpc:Url", _address.OriginalString), ("Load:MaxBodyBytes", "1000000000"));
        _ = _service.Client; // starts it
    }

    public void Dispose() => _service.Dispose();

    [Fact]
    public async Task MessagesThatStallHoldUpNoOther()
    {
        var budget = _service.Services.GetRequiredService<BodyBudget>();
        var gate = _service.Services.GetRequiredService<BodyGate>();
        using var client = new HttpClient
        {
            BaseAddress = _address,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        for (var i = 0; i < Count; i++)
        {
            _ = client.PostAsync(
                new Uri("/inference.GRPCInferenceService/ModelInfer", UriKind.Relative), new StallingMessage());
        }

        await Eventually.UntilAsync(
            () => budget.Bytes.Reserved >= (long)Count * BodyBudget.BytesPerByte * Sent);

        Assert.Equal((0, 0), (gate.InUse, gate.Waiting));
        using var channel = GrpcChannel.ForAddress(_address);
        var request = new ModelInferRequest
        {
            ModelName = "mnist",
            RawInputContents = { ByteString.CopyFrom(new byte[Declared]) },
        };
        using var patience = new CancellationTokenSource(Patience);
        var fault = await Assert.ThrowsAsync<RpcException>(
            async () => await new GRPCInferenceService.GRPCInferenceServiceClient(channel)
                .ModelInferAsync(request, cancellationToken: patience.Token));
        Assert.Equal(StatusCode.InvalidArgument, fault.StatusCode);
    }

    /// <summary>A message of which a part comes, and then nothing more.</summary>
    private sealed class StallingMessage : HttpContent
    {
        public StallingMessage() => Headers.ContentType = new MediaTypeHeaderValue("application/grpc");

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(
            Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            var message = new byte[5 + Sent];
            BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(1), Declared);
            await stream.WriteAsync(message, cancellationToken);
            await stream.FlushAsync(cancellationToken);
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
