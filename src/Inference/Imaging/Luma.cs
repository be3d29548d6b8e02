namespace SoftmaxService.Inference.Imaging;

/// <summary>Rec. 709 luma of sRGB values, the meaning of <see cref="PixelColor.Gray"/>.</summary>
internal static class Luma
{
    public const float Red = 0.2126f;
    public const float Green = 0.7152f;
    public const float Blue = 0.0722f;

    // The weights in 1/65536 add up to exactly 65536, so that a grey pixel keeps its value to the bit.
    public static byte FromRgb(int red, int green, int blue) => (byte)(((13933 * red) + (46871 * green) + (4732 * blue) + 32768) >> 16);
}
