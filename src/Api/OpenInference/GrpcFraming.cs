using System.Buffers;
using Grpc.Core;
using Microsoft.AspNetCore.Connections;
using SoftmaxService.Api.Load;
using SoftmaxService.Api.Wire;

namespace SoftmaxService.Api.OpenInference;

/// <summary>
/// Rejects a call whose first bytes cannot begin a message: gRPC itself would report UNKNOWN and log an error for each.
/// </summary>
internal static class GrpcFraming
{
    private const byte MaxFlag = 1; // 0 for a message as it is, 1 for a compressed one
    private const byte MaxFirstLengthByte = 0x7f; // of four bytes; a greater one means 2 GiB or more

    public static T ChecksFraming<T>(this T calls)
        where T : IEndpointConventionBuilder
    {
        calls.Add(endpoint =>
        {
            var next = endpoint.RequestDelegate!; // an endpoint of gRPC has one
            endpoint.RequestDelegate = context => CheckAsync(context, next);
        });
        return calls;
    }

    private static async Task CheckAsync(HttpContext context, RequestDelegate next)
    {
        if (!await IsRejectedAsync(context))
        {
            if (context.Features.Get<IBodyMemory>() is { } memory)
            {
                BoundedInflation.CountIn(memory);
            }

            await next(context);
            return;
        }

        await GrpcProblems.AnswerAsync(
            context.Response,
            StatusCode.InvalidArgument,
            "A message begins with a byte that is 0, or 1 where it is compressed, and four bytes of its length, "
            + "which is below 2 GiB.");
    }

    /// <exception cref="ConnectionResetException">The call has ended before its message.</exception>
    private static async Task<bool> IsRejectedAsync(HttpContext context)
    {
        var body = context.Request.BodyReader;
        try
        {
            var read = await body.ReadAsync(context.RequestAborted);
            while (read is { Buffer.Length: 1, IsCompleted: false })
            {
                body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                read = await body.ReadAsync(context.RequestAborted);
            }

            var isRejected = IsRejected(read.Buffer);
            body.AdvanceTo(read.Buffer.Start); // consumes nothing
            return isRejected;
        }
        catch (Exception fault) when (
            Disconnection.HasEnded(fault) && context.Features.Get<RequestDeadline>() is not { IsExpired: true })
        {
            throw new ConnectionResetException("The call ended before its message.", fault);
        }
    }

    private static bool IsRejected(ReadOnlySequence<byte> beginning)
    {
        var reader = new SequenceReader<byte>(beginning);
        return reader.TryRead(out var flag)
            && (flag > MaxFlag || (reader.TryRead(out var length) && length > MaxFirstLengthByte));
    }
}
