namespace SoftmaxService.Tests.Support.Fuzz;

/// <summary>
/// A damaged request. It depends only on the seed and the number.
/// </summary>
/// <param name="Number">Its number, from 0.</param>
/// <param name="Kind">The damaged part.</param>
/// <param name="Bytes">All bytes sent over the wire.</param>
/// <param name="MustBeAnswered">
/// Whether the framing is undamaged, so that the service must answer, and reject with one of its own problem documents.
/// </param>
public sealed record FuzzRequest(long Number, FuzzKind Kind, byte[] Bytes, bool MustBeAnswered)
{
    private static readonly FuzzKind[] Mix =
    [
        .. Enumerable.Repeat(FuzzKind.Image, 30),
        .. Enumerable.Repeat(FuzzKind.Form, 8),
        .. Enumerable.Repeat(FuzzKind.Json, 20),
        .. Enumerable.Repeat(FuzzKind.Floats, 4),
        .. Enumerable.Repeat(FuzzKind.OpenInferenceJson, 8),
        .. Enumerable.Repeat(FuzzKind.OpenInferenceBinary, 6),
        .. Enumerable.Repeat(FuzzKind.Grpc, 6),
        .. Enumerable.Repeat(FuzzKind.Target, 7),
        .. Enumerable.Repeat(FuzzKind.Header, 5),
        .. Enumerable.Repeat(FuzzKind.Framing, 4),
        .. Enumerable.Repeat(FuzzKind.Http2, 2),
    ];

    public bool IsHttp2 => Kind is FuzzKind.Grpc or FuzzKind.Http2;

    public static FuzzRequest Make(int seed, long number)
    {
        // Random starts similarly for adjacent seeds, so the seeds are spread.
        var random = new Random(unchecked((int)(((seed * 1_000_003L) + number) * 2_654_435_761L >> 7)));
        return Mix[random.Next(Mix.Length)] switch
        {
            FuzzKind.Image => DamagedBody.Image(random, number),
            FuzzKind.Form => DamagedBody.Form(random, number),
            FuzzKind.Json => DamagedBody.Json(random, number),
            FuzzKind.Floats => DamagedBody.Floats(random, number),
            FuzzKind.OpenInferenceJson => DamagedInference.Json(random, number),
            FuzzKind.OpenInferenceBinary => DamagedInference.Binary(random, number),
            FuzzKind.Grpc => DamagedGrpc.Message(random, number),
            FuzzKind.Target => DamagedTarget.Make(random, number),
            FuzzKind.Header => DamagedHeader.Make(random, number),
            FuzzKind.Framing => DamagedFraming.Make(random, number),
            _ => DamagedGrpc.Connection(random, number),
        };
    }
}
