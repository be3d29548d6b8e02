using System.Buffers;

namespace SoftmaxService.Api.OpenInference;

/// <summary>
/// What a message would become in memory, told from its bytes before it is parsed: an empty input has two bytes, and
/// takes hundreds. The format is https://protobuf.dev/programming-guides/encoding.
/// </summary>
/// <param name="Fields">How many objects and strings, about: its fields, but for the numbers of tensors.</param>
/// <param name="NumberBytes">What the numbers of tensors take beyond their own bytes.</param>
internal readonly record struct MessageWeight(int Fields, long NumberBytes)
{
    private const int WidestNumber = sizeof(long);
    private const int MaxVarintBytes = 10;

    /// <summary>The messages of a request for inference, as far as they hold others.</summary>
    private enum Kind
    {
        Request,
        Input,
        Contents,
        Output,
        Parameter,
        Leaf,
    }

    /// <summary>Weighs a request for inference, or any other message.</summary>
    /// <remarks>What is no message is weighed up to where it breaks; parsing it ends there, too.</remarks>
    public static MessageWeight Of(ReadOnlySequence<byte> message, bool isInference)
    {
        var reader = new SequenceReader<byte>(message);
        var weight = default(MessageWeight);
        TryAdd(ref weight, ref reader, message.Length, isInference ? Kind.Request : Kind.Leaf);
        return weight;
    }

    private static bool TryAdd(ref MessageWeight weight, ref SequenceReader<byte> reader, long end, Kind kind)
    {
        while (reader.Consumed < end)
        {
            if (!TryReadVarint(ref reader, out var tag))
            {
                return false;
            }

            var (number, wireType) = (tag >> 3, tag & 7);
            var isNumber = IsNumber(kind, number);
            weight = isNumber ? weight : weight with { Fields = weight.Fields + 1 };
            switch (wireType)
            {
                case 0 when TryReadVarint(ref reader, out _):
                    weight = isNumber ? weight with { NumberBytes = weight.NumberBytes + WidestNumber } : weight;
                    break;
                case 1 when TryAdvance(ref reader, sizeof(long), end):
                case 5 when TryAdvance(ref reader, sizeof(int), end):
                case 3 or 4: // the fields between them count as their own
                    break;
                case 2 when TryReadVarint(ref reader, out var length) && length <= (ulong)(end - reader.Consumed):
                    var within = reader.Consumed + (long)length;
                    if (isNumber)
                    {
                        var more = (WidthOf(kind, number) - 1) * (long)length;
                        weight = weight with { NumberBytes = weight.NumberBytes + more };
                        reader.Advance((long)length);
                    }
                    else if (MessageIn(kind, number) is not { } inner)
                    {
                        reader.Advance((long)length);
                    }
                    else if (!TryAdd(ref weight, ref reader, within, inner))
                    {
                        return false;
                    }

                    break;
                default:
                    return false;
            }
        }

        return true;
    }

    private static Kind? MessageIn(Kind kind, ulong number) => (kind, number) switch
    {
        (Kind.Request, 5) => Kind.Input,
        (Kind.Request, 6) => Kind.Output,
        (Kind.Input, 5) => Kind.Contents,
        (Kind.Request or Kind.Input, 4) or (Kind.Output, 2) => Kind.Parameter,
        (Kind.Parameter, 2) => Kind.Leaf,
        _ => null,
    };

    // The shape of an input, and the seven kinds of numbers in its contents.
    private static bool IsNumber(Kind kind, ulong number) => (kind, number) is (Kind.Input, 3) or (Kind.Contents, <= 7);

    /// <summary>The bytes that a number takes which has one in the message, or 1 where it takes its own.</summary>
    private static int WidthOf(Kind kind, ulong number) => (kind, number) switch
    {
        (Kind.Contents, 2 or 4) => sizeof(int),
        (Kind.Input, 3) or (Kind.Contents, 3 or 5) => sizeof(long),
        _ => 1,
    };

    private static bool TryAdvance(ref SequenceReader<byte> reader, int count, long end)
    {
        var isThere = reader.Consumed + count <= end;
        if (isThere)
        {
            reader.Advance(count);
        }

        return isThere;
    }

    private static bool TryReadVarint(ref SequenceReader<byte> reader, out ulong value)
    {
        value = 0;
        for (var i = 0; i < MaxVarintBytes && reader.TryRead(out var next); i++)
        {
            value |= (ulong)(next & 0x7f) << (7 * i);
            if (next < 0x80)
            {
                return true;
            }
        }

        return false;
    }
}
