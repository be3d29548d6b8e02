using System.IO.Compression;
using Grpc.Core;
using Grpc.Net.Compression;
using SoftmaxService.Api.Wire;

namespace SoftmaxService.Api.OpenInference;

/// <summary>
/// Compression of gRPC messages that stops inflating at the limit, and rejects what is damaged: gRPC's own only bounds
/// what comes over the wire, and would report the rest as UNKNOWN and log an error for each.
/// </summary>
internal sealed class BoundedInflation(ICompressionProvider inner, int limit) : ICompressionProvider
{
    public string EncodingName => inner.EncodingName;

    public Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel) =>
        inner.CreateCompressionStream(stream, compressionLevel);

    public Stream CreateDecompressionStream(Stream stream) => new LimitedStream(
        InflatedStream.Read(
            stream,
            inner.CreateDecompressionStream,
            $"The message's {EncodingName} data",
            reason => new RpcException(new Status(StatusCode.InvalidArgument, reason))),
        limit,
        () => new RpcException(new Status(StatusCode.ResourceExhausted, BodyLimit.InflatesTooFar(limit).Message)));
}
