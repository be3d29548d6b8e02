using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;

namespace SoftmaxService.Inference.Arrays;

/// <summary>
/// An array of numbers, as NumPy stores it. Its elements are in C order (the last axis varies fastest) and
/// little-endian, whatever the order of the file was.
/// </summary>
public sealed class NumpyArray
{
    /// <summary>The most axes that an array may have, as in NumPy 2.</summary>
    public const int MaxRank = 64;

    /// <summary>Makes an array of elements that are already in this form.</summary>
    /// <param name="elementType">The type of the elements.</param>
    /// <param name="shape">One size per axis, each at least 0; none for a single number.</param>
    /// <param name="bytes">The elements in C order, little-endian. Not copied.</param>
    /// <exception cref="ArgumentException">
    /// A size is negative, there are more than <see cref="MaxRank"/> axes, or there are not as many bytes as the shape
    /// has elements.
    /// </exception>
    public NumpyArray(NumpyElementType elementType, IReadOnlyList<int> shape, ReadOnlyMemory<byte> bytes)
    {
        ArgumentNullException.ThrowIfNull(shape);
        if (shape.Count > MaxRank || shape.Any(size => size < 0))
        {
            throw new ArgumentException(
                $"A shape has at most {MaxRank} sizes, each at least 0, not {TextOf(shape)}.", nameof(shape));
        }

        var expected = shape.Aggregate(
            (BigInteger)NumpyElements.SizeOf(elementType), static (product, size) => product * size);
        if (bytes.Length != expected)
        {
            throw new ArgumentException(
                $"{elementType} of the shape {TextOf(shape)} has {expected} bytes, not {bytes.Length}.", nameof(bytes));
        }

        (ElementType, Shape, Bytes) = (elementType, [.. shape], bytes);
    }

    /// <summary>The type of the elements.</summary>
    public NumpyElementType ElementType { get; }

    /// <summary>One size per axis; none for a single number.</summary>
    public IReadOnlyList<int> Shape { get; }

    /// <summary>The elements in C order, little-endian.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The number of elements: the product of the sizes, and 1 if there are none.</summary>
    public int Count => Bytes.Length / NumpyElements.SizeOf(ElementType);

    /// <summary>The shape in brackets: <c>[1, 3, 224, 224]</c>.</summary>
    public string ShapeText => TextOf(Shape);

    /// <summary>Makes an array of 32-bit floats.</summary>
    /// <param name="values">The elements in C order; copied.</param>
    /// <param name="shape">One size per axis.</param>
    /// <exception cref="ArgumentException">There are not as many values as the shape has elements.</exception>
    public static NumpyArray OfFloats(ReadOnlySpan<float> values, IReadOnlyList<int> shape)
    {
        var bytes = new byte[values.Length * sizeof(float)];
        MemoryMarshal.AsBytes(values).CopyTo(bytes);
        ToLittleEndian(bytes, sizeof(float));
        return new NumpyArray(NumpyElementType.Float32, shape, bytes);
    }

    /// <summary>
    /// The elements as the nearest 32-bit floats, in C order. A 64-bit float beyond their range becomes infinite; NaN
    /// stays NaN; a bool becomes 0 or 1.
    /// </summary>
    public float[] ToFloats()
    {
        var values = new float[Count];
        switch (ElementType)
        {
            case NumpyElementType.Bool:
                Convert(values, 1, static element => element[0] != 0 ? 1f : 0f);
                break;
            case NumpyElementType.Int8:
                Convert(values, 1, static element => (sbyte)element[0]);
                break;
            case NumpyElementType.UInt8:
                Convert(values, 1, static element => element[0]);
                break;
            case NumpyElementType.Int16:
                Convert(values, 2, static element => BitConverter.ToInt16(element));
                break;
            case NumpyElementType.UInt16:
                Convert(values, 2, static element => BitConverter.ToUInt16(element));
                break;
            case NumpyElementType.Float16:
                Convert(values, 2, static element => (float)BitConverter.ToHalf(element));
                break;
            case NumpyElementType.Int32:
                Convert(values, 4, static element => BitConverter.ToInt32(element));
                break;
            case NumpyElementType.UInt32:
                Convert(values, 4, static element => BitConverter.ToUInt32(element));
                break;
            case NumpyElementType.Float32:
                Convert(values, 4, static element => BitConverter.ToSingle(element));
                break;
            case NumpyElementType.Int64:
                Convert(values, 8, static element => BitConverter.ToInt64(element));
                break;
            case NumpyElementType.UInt64:
                Convert(values, 8, static element => BitConverter.ToUInt64(element));
                break;
            default:
                Convert(values, 8, static element => (float)BitConverter.ToDouble(element));
                break;
        }

        return values;
    }

    internal static string TextOf(IEnumerable<int> shape) =>
        $"[{string.Join(", ", shape.Select(size => size.ToString(CultureInfo.InvariantCulture)))}]";

    /// <summary>Between the machine's byte order and the little-endian one.</summary>
    private static void ToLittleEndian(Span<byte> element, int size)
    {
        if (!BitConverter.IsLittleEndian)
        {
            for (var start = 0; start < element.Length; start += size)
            {
                element.Slice(start, size).Reverse();
            }
        }
    }

    private void Convert(Span<float> values, int size, Reader read)
    {
        var bytes = Bytes.Span;
        Span<byte> element = stackalloc byte[size];
        for (var i = 0; i < values.Length; i++)
        {
            bytes.Slice(i * size, size).CopyTo(element);
            ToLittleEndian(element, size);
            values[i] = read(element);
        }
    }

    private delegate float Reader(ReadOnlySpan<byte> element);
}
