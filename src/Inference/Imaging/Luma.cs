using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SoftmaxService.Inference.Imaging;

/// <summary>
/// Rec. 601 luma of sRGB values, rounded: the meaning of <see cref="PixelColor.Gray"/>. Pillow's <c>convert("L")</c>,
/// OpenCV and torchvision convert colour in this way, so models with one channel are trained on it.
/// </summary>
internal static class Luma
{
    // 0.299, 0.587 and 0.114 in units of 1/65536, as in Pillow. They add up to exactly 65536, so a grey pixel keeps its
    // value.
    private const int Red = 19595;
    private const int Green = 38470;
    private const int Blue = 7471;
    private const int Half = 32768;

    public static byte FromRgb(int red, int green, int blue) =>
        (byte)(((Red * red) + (Green * green) + (Blue * blue) + Half) >> 16);

    /// <summary>The luma of a colour that need not be of whole numbers; not rounded.</summary>
    public static float FromRgb(float red, float green, float blue) =>
        (float)((((double)Red * red) + ((double)Green * green) + ((double)Blue * blue)) / (2 * Half));

    /// <summary>
    /// Converts a row of pixels whose bytes are red, green, blue and one unused. The target may begin at the row's
    /// first byte or before.
    /// </summary>
    public static void FromRgb(ReadOnlySpan<uint> pixels, Span<byte> target)
    {
        var i = 0;
        if (BitConverter.IsLittleEndian)
        {
            ref var source = ref MemoryMarshal.GetReference(pixels);
            for (; i <= pixels.Length - Vector<byte>.Count; i += Vector<byte>.Count)
            {
                // All four are read before anything is written.
                var first = FromRgb(ref Unsafe.Add(ref source, i));
                var second = FromRgb(ref Unsafe.Add(ref source, i + Vector<uint>.Count));
                var third = FromRgb(ref Unsafe.Add(ref source, i + (2 * Vector<uint>.Count)));
                var fourth = FromRgb(ref Unsafe.Add(ref source, i + (3 * Vector<uint>.Count)));
                Vector.Narrow(Vector.Narrow(first, second), Vector.Narrow(third, fourth)).CopyTo(target[i..]);
            }
        }

        for (; i < pixels.Length; i++)
        {
            var bytes = MemoryMarshal.AsBytes(pixels.Slice(i, 1));
            target[i] = FromRgb(bytes[0], bytes[1], bytes[2]);
        }
    }

    private static Vector<uint> FromRgb(ref uint pixels)
    {
        var rgb = Vector.LoadUnsafe(ref pixels);
        var low = new Vector<uint>(0xFF);
        var (red, green, blue) = (rgb & low, (rgb >> 8) & low, (rgb >> 16) & low);
        return ((red * Red) + (green * Green) + (blue * Blue) + new Vector<uint>(Half)) >> 16;
    }
}
