using SoftmaxService.Tests.Support.Fuzz.Images;

namespace SoftmaxService.Tests.Support.Fuzz;

/// <summary>Calls over gRPC with damaged messages or connections.</summary>
internal static class DamagedGrpc
{
    public static FuzzRequest Message(Random random, long number)
    {
        var message = FuzzSeeds.InferMessage(DamagedBody.ImageBody(random, out _), asTensor: random.Next(2) == 0);
        message = random.Next(3) == 0 ? message : ByteMutation.Damage(random, message);
        var framed = GrpcCall.Framed(message, flag: random.Next(10) == 0 ? (byte)random.Next(256) : (byte)0);
        framed = random.Next(10) == 0 ? ByteMutation.Damage(random, framed) : framed;
        return new FuzzRequest(number, FuzzKind.Grpc, Call(random, framed), MustBeAnswered: true);
    }

    /// <summary>Bytes that do not form a valid connection of HTTP/2.</summary>
    public static FuzzRequest Connection(Random random, long number) =>
        new(
            number,
            FuzzKind.Http2,
            [
                .. GrpcCall.Preface,
                .. ByteMutation.Damage(
                    random,
                    Call(
                        random,
                        GrpcCall.Framed(FuzzSeeds.InferMessage(FuzzSeeds.Images[0].Bytes, asTensor: false))
                    )[GrpcCall.Preface.Length..]),
            ],
            MustBeAnswered: false);

    private static byte[] Call(Random random, byte[] framed)
    {
        string[] calls =
        [
            "ModelInfer",
            "ModelInfer",
            "ModelInfer",
            "ModelInfer",
            "ModelInfer",
            "ModelMetadata",
            "RepositoryIndex",
            "ModelReady",
            "ServerLive",
            "RepositoryModelLoad",
            "NoSuchCall",
        ];
        (string, string)[] headers = random.Next(6) switch
        {
            0 => [("grpc-timeout", random.Of("1S", "5000m", "99999999H", "-1S", "x", "1"))],
            1 => [("grpc-encoding", random.Of("gzip", "deflate", "identity", "br", ""))],
            _ => [],
        };
        return GrpcCall.Connection($"/inference.GRPCInferenceService/{random.Of(calls)}", framed, headers);
    }
}
