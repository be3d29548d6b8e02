using SoftmaxService.Inference.Conventions;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Inference.Models.Statements;

/// <summary>Which part of an image a file shows.</summary>
/// <param name="Source">The place that says so.</param>
/// <param name="Mode">How it is resized; a crop of nothing is a stretch.</param>
/// <param name="Target">The size before the crop, if it is stated.</param>
/// <param name="Size">The size of the crop, if it is stated.</param>
internal sealed record Framing(string Source, ResizeMode Mode, ResizeTarget? Target, (int Height, int Width)? Size)
{
    public static Framing Of(StatedModel stated, Stated<ResizeMode> mode)
    {
        (int Height, int Width)? size =
            (stated.Height, stated.Width) is ({ } height, { } width) ? (height.Value, width.Value) : null;
        var target = stated.ResizeTo?.Value;
        return mode.Value != ResizeMode.Crop ? new Framing(mode.Source, mode.Value, null, size)
            : target is { ShorterSide: null } && (target.Height, target.Width) == size
            ? new Framing(mode.Source, ResizeMode.Stretch, null, size)
            : new Framing(stated.ResizeTo?.Source ?? mode.Source, mode.Value, target, size);
    }

    public string InWords => (Mode, Target) switch
    {
        (ResizeMode.Crop, { } target) => $"the centre after resizing to {target}",
        (ResizeMode.Crop, null) => "the largest centre",
        (ResizeMode.Fit, _) => "the whole image with bars",
        _ => "the whole image, stretched",
    };

    /// <summary>Whether another one shows the same share of the image, to a pixel.</summary>
    public bool Shows(Framing other)
    {
        if (Mode != other.Mode)
        {
            return false;
        }

        if (Mode != ResizeMode.Crop || (Size ?? other.Size) is not { } size)
        {
            return Target == other.Target || Target is null || other.Target is null;
        }

        var (first, second) = (In(size), other.In(size));
        return first.Sides.Count == second.Sides.Count
            && first.Sides.Zip(second.Sides).All(sides => Math.Abs(sides.First - sides.Second) <= 1);
    }

    /// <summary>The size before a crop of this size; the largest centre of a square has its size.</summary>
    private ResizeTarget In((int Height, int Width) size) =>
        Target?.For(size, Size ?? size) ?? ResizeTarget.Shorter(Math.Min(size.Height, size.Width));
}
