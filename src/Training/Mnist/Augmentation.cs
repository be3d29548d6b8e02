using System.Globalization;
using static TorchSharp.torch;

namespace SoftmaxService.Training.Mnist;

/// <summary>
/// Draws each image anew as another hand might have: moved, turned, scaled, slanted, bent, and with a thicker or
/// thinner pen. Images are <c>[count, 1, height, width]</c> with ink in 0…1, before and after.
/// </summary>
/// <remarks>
/// Every image gets its own strength in 0…1 by which all its changes are scaled, so that nearly untouched images stay
/// common: they are what is classified in the end.
/// </remarks>
internal sealed class Augmentation(Generator random)
{
    private const double MaxShiftPixels = 2.5;
    private const double MaxRotationDegrees = 15;
    private const double MaxScale = 0.15;
    private const double MaxSlant = 0.2;

    /// <summary>
    /// Bending is noise on a coarse grid, smoothed by bicubic interpolation: about five bends across a digit at most.
    /// </summary>
    private const int BendGridSize = 6;
    private const double BendPixels = 1.2;

    private const double MaxThickening = 0.6;
    private const double MaxThinning = 0.4;

    public static string Summary { get; } = string.Create(
        CultureInfo.InvariantCulture,
        $"each image by its own random share of: shift by up to {MaxShiftPixels} pixels, rotation by up to "
            + $"{MaxRotationDegrees} degrees, scale by up to {MaxScale:P0} an axis, slant up to {MaxSlant}, bending by "
            + $"smooth noise of {BendPixels} pixels standard deviation, pen from {MaxThinning:P0} erosion to "
            + $"{MaxThickening:P0} dilation by 3x3");

    public Tensor Apply(Tensor images)
    {
        using var scope = NewDisposeScope();
        var strength = Uniform(images.shape[0], 0, 1);
        var drawn = ChangeStroke(images, strength);
        return Deform(drawn, strength).clamp_(0, 1).MoveToOuterDisposeScope();
    }

    /// <summary>Mixes the image with its 3×3 dilation (a thicker pen) or erosion (a thinner one).</summary>
    private Tensor ChangeStroke(Tensor images, Tensor strength)
    {
        var amount = (Uniform(images.shape[0], -MaxThinning, MaxThickening) * strength).view(-1, 1, 1, 1);
        var thick = nn.functional.max_pool2d(images, 3, 1, 1);
        var thin = -nn.functional.max_pool2d(-images, 3, 1, 1);
        return images + (amount.clamp_min(0) * (thick - images)) + (amount.clamp_max(0) * (images - thin));
    }

    private Tensor Deform(Tensor images, Tensor strength)
    {
        var count = images.shape[0];
        var pixel = 2.0 / images.shape[3]; // grid_sample's coordinates run from -1 to 1
        var angle = Uniform(count, -MaxRotationDegrees, MaxRotationDegrees) * strength * (Math.PI / 180);
        var slant = Uniform(count, -MaxSlant, MaxSlant) * strength;
        var scaleX = (Uniform(count, -MaxScale, MaxScale) * strength) + 1;
        var scaleY = (Uniform(count, -MaxScale, MaxScale) * strength) + 1;
        var shiftX = Uniform(count, -MaxShiftPixels * pixel, MaxShiftPixels * pixel) * strength;
        var shiftY = Uniform(count, -MaxShiftPixels * pixel, MaxShiftPixels * pixel) * strength;

        // Rotation times slant times scale.
        var cos = angle.cos();
        var sin = angle.sin();
        var rowX = stack([cos * scaleX, ((cos * slant) - sin) * scaleY, shiftX], 1);
        var rowY = stack([sin * scaleX, ((sin * slant) + cos) * scaleY, shiftY], 1);
        var grid = nn.functional.affine_grid(stack([rowX, rowY], 1), images.shape, align_corners: false);

        var noise = randn([count, 2, BendGridSize, BendGridSize], generator: random);
        var bend = nn.functional.interpolate(
            noise,
            [images.shape[2], images.shape[3]],
            mode: InterpolationMode.Bicubic,
            align_corners: true);
        grid += (bend * (strength * (BendPixels * pixel)).view(-1, 1, 1, 1)).permute(0, 2, 3, 1);

        return nn.functional.grid_sample(
            images,
            grid,
            GridSampleMode.Bilinear,
            GridSamplePaddingMode.Zeros,
            align_corners: false);
    }

    private Tensor Uniform(long count, double low, double high) =>
        (rand([count], generator: random) * (high - low)) + low;
}
