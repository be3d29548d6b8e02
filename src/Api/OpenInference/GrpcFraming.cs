using System.Buffers;
using Grpc.Core;

namespace SoftmaxService.Api.OpenInference;

/// <summary>
/// Refuses a call that begins as no message does: gRPC itself would call it UNKNOWN and log an error for each.
/// </summary>
internal static class GrpcFraming
{
    private const byte LargestFlag = 1; // 0 for a message as it is, 1 for a compressed one
    private const byte LargestFirstOfLength = 0x7f; // of four bytes; what is more is beyond 2 GiB

    public static void CheckFraming(this IEndpointConventionBuilder calls) => calls.Add(endpoint =>
    {
        var answer = endpoint.RequestDelegate!; // an endpoint of gRPC has one
        endpoint.RequestDelegate = context => CheckAsync(context, answer);
    });

    private static async Task CheckAsync(HttpContext context, RequestDelegate answer)
    {
        var body = context.Request.BodyReader;
        var read = await body.ReadAsync(context.RequestAborted);
        while (read is { Buffer.Length: 1, IsCompleted: false })
        {
            body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            read = await body.ReadAsync(context.RequestAborted);
        }

        var isRefused = IsRefused(read.Buffer);
        body.AdvanceTo(read.Buffer.Start); // nothing is taken
        if (!isRefused)
        {
            await answer(context);
            return;
        }

        await GrpcProblems.AnswerAsync(
            context.Response,
            StatusCode.InvalidArgument,
            "A message begins with a byte that is 0, or 1 where it is compressed, and four bytes of its length, "
            + "which is below 2 GiB.");
    }

    private static bool IsRefused(ReadOnlySequence<byte> beginning)
    {
        var reader = new SequenceReader<byte>(beginning);
        return reader.TryRead(out var flag)
            && (flag > LargestFlag || (reader.TryRead(out var length) && length > LargestFirstOfLength));
    }
}
