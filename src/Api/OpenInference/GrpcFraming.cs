using System.Buffers;
using Grpc.Core;
using Microsoft.AspNetCore.Connections;
using SoftmaxService.Api.Load;
using SoftmaxService.Api.Settings;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Batching;

namespace SoftmaxService.Api.OpenInference;

/// <summary>
/// Rejects a call whose first bytes cannot begin a message: gRPC itself would report UNKNOWN and log an error for each.
/// A large message waits for other large bodies once it has arrived.
/// </summary>
internal static class GrpcFraming
{
    private const byte MaxFlag = 1; // 0 for a message as it is, 1 for a compressed one
    private const byte MaxFirstLengthByte = 0x7f; // of four bytes; a greater one means 2 GiB or more

    public static T ChecksFraming<T>(this T calls, IServiceProvider services)
        where T : IEndpointConventionBuilder
    {
        var gate = services.GetRequiredService<BodyGate>();
        var maxLength = services.GetRequiredService<LimitsOptions>().MaxRequestBodyBytes;
        calls.Add(endpoint =>
        {
            var next = endpoint.RequestDelegate!; // an endpoint of gRPC has one
            endpoint.RequestDelegate = context => CheckAsync(context, next, gate, maxLength);
        });
        return calls;
    }

    private static async Task CheckAsync(HttpContext context, RequestDelegate next, BodyGate gate, int maxLength)
    {
        var first = await ExamineAsync(context, maxLength);
        if (first.IsRejected)
        {
            await GrpcProblems.AnswerAsync(
                context.Response,
                StatusCode.InvalidArgument,
                "A message begins with a byte that is 0, or 1 where it is compressed, and four bytes of its length, "
                + "which is below 2 GiB.");
            return;
        }

        if (context.Features.Get<IBodyMemory>() is { } memory)
        {
            BoundedInflation.CountIn(memory);
        }

        await (first.TakesLong ? AnswerLongAsync(context, next, gate) : next(context));
    }

    /// <summary>
    /// gRPC inflates and parses a message as soon as it is called, without waiting for anything: on a thread of its
    /// own, with a permit that the service gives back once it has read the message.
    /// </summary>
    private static async Task AnswerLongAsync(HttpContext context, RequestDelegate next, BodyGate gate)
    {
        using var permit = await EnterAsync(context, gate);
        context.Features.Set(permit);
        await await OwnThread.RunAsync(() => next(context));
    }

    /// <exception cref="ConnectionResetException">The call has ended before its message was read.</exception>
    private static async Task<BodyGate.Permit> EnterAsync(HttpContext context, BodyGate gate)
    {
        try
        {
            return await gate.EnterAsync(context.RequestAborted);
        }
        catch (OperationCanceledException fault) when (!IsExpired(context))
        {
            throw new ConnectionResetException("The call ended before its message was read.", fault);
        }
    }

    /// <summary>Looks at the first message: at its first bytes, and where it takes long, once it is whole.</summary>
    /// <exception cref="ConnectionResetException">The call has ended before its message.</exception>
    private static async Task<FirstMessage> ExamineAsync(HttpContext context, int maxLength)
    {
        var body = context.Request.BodyReader;
        try
        {
            while (true)
            {
                var read = await body.ReadAsync(context.RequestAborted);
                var first = FirstMessage.Of(read.Buffer, maxLength);
                if (first.IsRejected || first.IsWhole || read.IsCompleted)
                {
                    body.AdvanceTo(read.Buffer.Start); // consumes nothing
                    return first;
                }

                body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            }
        }
        catch (Exception fault) when (Disconnection.HasEnded(fault) && !IsExpired(context))
        {
            throw new ConnectionResetException("The call ended before its message.", fault);
        }
    }

    private static bool IsExpired(HttpContext context) =>
        context.Features.Get<RequestDeadline>() is { IsExpired: true };

    /// <summary>What the bytes that have arrived say of the first message.</summary>
    /// <param name="IsRejected">Whether they cannot begin one.</param>
    /// <param name="TakesLong">Whether inflating and parsing it may take more than 5 ms of a core.</param>
    /// <param name="IsWhole">Whether there are as many as are needed: all of them where it takes long.</param>
    private readonly record struct FirstMessage(bool IsRejected, bool TakesLong, bool IsWhole)
    {
        private const int HeadLength = 5;

        // At most 5 ns a byte. Deflate makes at most 1032 of one (https://zlib.net/zlib_tech.html).
        private const int MaxShortLength = 1 << 20;
        private const int MaxShortCompressedLength = MaxShortLength / 1032;

        public static FirstMessage Of(ReadOnlySequence<byte> arrived, int maxLength)
        {
            var reader = new SequenceReader<byte>(arrived);
            if (!reader.TryRead(out var flag) || !reader.TryPeek(out var firstLengthByte))
            {
                return new FirstMessage(IsRejected: flag > MaxFlag, TakesLong: false, IsWhole: false);
            }

            if (flag > MaxFlag || firstLengthByte > MaxFirstLengthByte)
            {
                return new FirstMessage(IsRejected: true, TakesLong: false, IsWhole: false);
            }

            var isHeadWhole = reader.TryReadBigEndian(out int length);
            var takesLong = length > (flag == MaxFlag ? MaxShortCompressedLength : MaxShortLength)
                && length <= maxLength; // gRPC reads no more of it
            var isWhole = isHeadWhole && (!takesLong || arrived.Length >= HeadLength + (long)length);
            return new FirstMessage(IsRejected: false, takesLong, isWhole);
        }
    }
}
