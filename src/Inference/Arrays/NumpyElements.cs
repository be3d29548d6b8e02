using System.Globalization;

namespace SoftmaxService.Inference.Arrays;

/// <summary>
/// The element types as NumPy's array protocol spells them
/// (https://numpy.org/doc/stable/reference/arrays.interface.html): a letter for the kind and a number of bytes.
/// </summary>
internal static class NumpyElements
{
    /// <summary>The type of a code such as <c>f4</c>; null if it is not read.</summary>
    public static NumpyElementType? Find(ReadOnlySpan<char> code) => code switch
    {
        "b1" => NumpyElementType.Bool,
        "i1" => NumpyElementType.Int8,
        "i2" => NumpyElementType.Int16,
        "i4" => NumpyElementType.Int32,
        "i8" => NumpyElementType.Int64,
        "u1" => NumpyElementType.UInt8,
        "u2" => NumpyElementType.UInt16,
        "u4" => NumpyElementType.UInt32,
        "u8" => NumpyElementType.UInt64,
        "f2" => NumpyElementType.Float16,
        "f4" => NumpyElementType.Float32,
        "f8" => NumpyElementType.Float64,
        _ => null,
    };

    public static int SizeOf(NumpyElementType type) => type switch
    {
        NumpyElementType.Bool or NumpyElementType.Int8 or NumpyElementType.UInt8 => 1,
        NumpyElementType.Int16 or NumpyElementType.UInt16 or NumpyElementType.Float16 => 2,
        NumpyElementType.Int32 or NumpyElementType.UInt32 or NumpyElementType.Float32 => 4,
        _ => 8,
    };

    /// <summary>The description in a header: little-endian, or <c>|</c> for single bytes.</summary>
    public static string Describe(NumpyElementType type)
    {
        var size = SizeOf(type);
        var kind = type switch
        {
            NumpyElementType.Bool => 'b',
            NumpyElementType.Int8 or NumpyElementType.Int16 or NumpyElementType.Int32 or NumpyElementType.Int64 => 'i',
            NumpyElementType.Float16 or NumpyElementType.Float32 or NumpyElementType.Float64 => 'f',
            _ => 'u',
        };
        return string.Create(CultureInfo.InvariantCulture, $"{(size == 1 ? '|' : '<')}{kind}{size}");
    }
}
