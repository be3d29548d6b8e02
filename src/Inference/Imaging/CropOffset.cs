using System.Text.Json.Serialization;

namespace SoftmaxService.Inference.Imaging;

/// <summary>
/// Where a centre crop begins if the margin is an odd number of pixels: of the resized image, or of the image itself if
/// its largest centre is cut out. The names are those in a manifest.
/// </summary>
public enum CropOffset
{
    /// <summary>
    /// Half of the margin, rounded to the nearest even number, as by torchvision and timm. The largest centre begins at
    /// exactly half, as by Pillow's <c>ImageOps.fit</c>.
    /// </summary>
    [JsonStringEnumMemberName("even")]
    Even,

    /// <summary>
    /// Half of the margin, rounded down, as by Hugging Face's image processors. The largest centre has whole pixels,
    /// which are cut out before they are resized, as by YOLOv5.
    /// </summary>
    [JsonStringEnumMemberName("down")]
    Down,
}
