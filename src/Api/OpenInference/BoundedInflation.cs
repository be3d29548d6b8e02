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
    // gRPC does not say of which call a message is.
    private static readonly AsyncLocal<IBodyMemory?> Memory = new();

    public string EncodingName => inner.EncodingName;

    /// <summary>Counts what the messages of the call inflate to that is handled from here on.</summary>
    public static void CountIn(IBodyMemory memory)
    {
        memory.Rejection = GrpcProblems.ExceptionOf;
        Memory.Value = memory;
    }

    /// <summary>Counts what a message of the call takes in memory beside its bytes.</summary>
    public static void Reserve(long bytes)
    {
        for (; bytes > 0 && Memory.Value is { } memory; bytes -= int.MaxValue)
        {
            memory.Reserve((int)Math.Min(bytes, int.MaxValue));
        }
    }

    public Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel) =>
        inner.CreateCompressionStream(stream, compressionLevel);

    public Stream CreateDecompressionStream(Stream stream) => new LimitedStream(
        InflatedStream.Read(
            stream,
            inner.CreateDecompressionStream,
            $"The {EncodingName} data of the message",
            reason => new RpcException(new Status(StatusCode.InvalidArgument, reason))),
        limit,
        () => GrpcProblems.ExceptionOf(BodyLimit.InflatesTooFar(limit)),
        Memory.Value is { } memory ? memory.Reserve : null);
}
