using System.Text.Json.Serialization;

namespace SoftmaxService.Inference.Imaging;

/// <summary>Where a centre crop begins if the margin is an odd number. The names are those in a manifest.</summary>
public enum CropOffset
{
    /// <summary>Half of the margin, rounded to the nearest even number, as by torchvision and timm.</summary>
    [JsonStringEnumMemberName("even")]
    Even,

    /// <summary>Half of the margin, rounded down, as by Hugging Face's image processors.</summary>
    [JsonStringEnumMemberName("down")]
    Down,
}
