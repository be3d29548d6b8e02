using System.Text.Json.Serialization;

namespace SoftmaxService.Inference.Imaging;

/// <summary>
/// How the longer side becomes a whole number when the shorter side is resized to a length. The names are those in a
/// manifest.
/// </summary>
public enum ResizeRounding
{
    /// <summary>Rounded down, as by torchvision, timm and Hugging Face's image processors.</summary>
    [JsonStringEnumMemberName("down")]
    Down,

    /// <summary>Rounded to the nearest whole number, and a half to the even one, as by PaddleClas.</summary>
    [JsonStringEnumMemberName("nearest")]
    Nearest,
}
