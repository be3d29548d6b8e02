using System.Buffers.Binary;

namespace SoftmaxService.Inference.Onnx;

/// <summary>
/// Reads the numbers of a <c>TensorProto</c> that has a few of them inside the file, such as one per channel. Field
/// numbers and types are those of onnx.proto.
/// </summary>
internal sealed class TensorNumbersReader(ProtobufReader reader)
{
    /// <summary>The most numbers that are read: no image has more channels.</summary>
    public const int MaxCount = 4;

    // TensorProto.DataType.
    private const ulong Float16 = 10;
    private const ulong BFloat16 = 16;

    /// <summary>The tensor's name, and its numbers; null where there are none or too many.</summary>
    /// <param name="end">Where the message ends.</param>
    public (string Name, IReadOnlyList<double>? Numbers) Read(long end)
    {
        var (name, type, count) = ("", 0UL, 1UL);
        var typed = new List<double>();
        byte[] raw = [];
        while (reader.ReadField(end))
        {
            switch (reader.Field)
            {
                case 1:
                    ReadList(size => (count = Multiply(count, size)) is > 0 and <= MaxCount, reader.ReadVarint);
                    break;

                case 2 when !reader.HasLength:
                    type = reader.ReadVarint();
                    break;

                case 4:
                    ReadNumbers(typed, () => reader.ReadFloat());
                    break;

                case 5 or 7:
                    ReadNumbers(typed, () => (long)reader.ReadVarint());
                    break;

                case 8:
                    name = reader.ReadText();
                    break;

                case 9:
                    raw = ReadRaw();
                    break;

                case 10:
                    ReadNumbers(typed, reader.ReadDouble);
                    break;

                default:
                    reader.Skip();
                    break;
            }
        }

        return count is 0 or > MaxCount ? (name, null)
            : raw.Length > 0 ? (name, Decode(raw, type, (int)count))
            : typed.Count == (int)count ? (name, [.. typed.Select(number => OfBits(number, type))])
            : (name, null);
    }

    /// <summary>Reads a list of floats, packed or not, as far as it is short.</summary>
    public void ReadFloats(List<double> numbers) => ReadNumbers(numbers, () => reader.ReadFloat());

    private void ReadNumbers(List<double> numbers, Func<double> read) => ReadList(
        number =>
        {
            if (numbers.Count <= MaxCount) // one more says that there are too many
            {
                numbers.Add(number);
            }

            return numbers.Count <= MaxCount;
        },
        read);

    /// <summary>Reads a list, packed or one value at a time, until no more of it is wanted.</summary>
    private void ReadList<T>(Func<T, bool> wantsMore, Func<T> read)
    {
        if (!reader.HasLength)
        {
            wantsMore(read());
            return;
        }

        var end = reader.ReadEnd();
        for (var isWanted = true; isWanted && reader.Position < end;)
        {
            isWanted = wantsMore(read());
        }

        reader.SkipTo(end);
    }

    /// <summary>The bytes of a tensor of a few elements; empty for a larger one.</summary>
    private byte[] ReadRaw()
    {
        var end = reader.ReadEnd();
        var length = end - reader.Position;
        var bytes = length <= MaxCount * sizeof(double) ? reader.ReadBytes((int)length) : [];
        reader.SkipTo(end);
        return bytes;
    }

    // A product of many sizes would overflow.
    private static ulong Multiply(ulong count, ulong size) =>
        Math.Min(count * Math.Min(size, MaxCount + 1), MaxCount + 1);

    // int32_data holds the bits of 16-bit floats.
    private static double OfBits(double number, ulong type) => type switch
    {
        Float16 => (double)BitConverter.UInt16BitsToHalf((ushort)(long)number),
        BFloat16 => BitConverter.Int32BitsToSingle((int)(long)number << 16),
        _ => number,
    };

    private static double[]? Decode(ReadOnlySpan<byte> raw, ulong type, int count)
    {
        var size = raw.Length / count;
        var numbers = new double[count];
        for (var i = 0; i < count; i++)
        {
            if (size * count != raw.Length || Decode(raw.Slice(i * size, size), type) is not { } number)
            {
                return null;
            }

            numbers[i] = number;
        }

        return numbers;
    }

    private static double? Decode(ReadOnlySpan<byte> raw, ulong type) => (type, raw.Length) switch
    {
        (1, 4) => BinaryPrimitives.ReadSingleLittleEndian(raw),
        (2 or 9, 1) => raw[0],
        (3, 1) => (sbyte)raw[0],
        (6, 4) => BinaryPrimitives.ReadInt32LittleEndian(raw),
        (7, 8) => BinaryPrimitives.ReadInt64LittleEndian(raw),
        (Float16, 2) => (double)BinaryPrimitives.ReadHalfLittleEndian(raw),
        (11, 8) => BinaryPrimitives.ReadDoubleLittleEndian(raw),
        (BFloat16, 2) => OfBits(BinaryPrimitives.ReadUInt16LittleEndian(raw), BFloat16),
        _ => null,
    };
}
