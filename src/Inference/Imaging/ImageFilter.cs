using System.Text.Json.Serialization;

namespace SoftmaxService.Inference.Imaging;

/// <summary>
/// How source pixels make a resized pixel, as Pillow defines it
/// (https://pillow.readthedocs.io/en/stable/handbook/concepts.html#filters). The names are those in a manifest.
/// </summary>
public enum ImageFilter
{
    /// <summary>The source pixel at the centre.</summary>
    [JsonStringEnumMemberName("nearest")]
    Nearest,

    /// <summary>The mean of the source pixels that a resized pixel covers; radius 0.5.</summary>
    [JsonStringEnumMemberName("box")]
    Box,

    /// <summary>A triangle of radius 1.</summary>
    [JsonStringEnumMemberName("bilinear")]
    Bilinear,

    /// <summary>A Hamming window of radius 1.</summary>
    [JsonStringEnumMemberName("hamming")]
    Hamming,

    /// <summary>Keys' cubic with a = −0.5, of radius 2.</summary>
    [JsonStringEnumMemberName("bicubic")]
    Bicubic,

    /// <summary>A sinc windowed by a wider sinc, of radius 3.</summary>
    [JsonStringEnumMemberName("lanczos")]
    Lanczos,
}
