using System.Globalization;
using System.Text.Json.Serialization;

namespace SoftmaxService.Inference.Imaging;

/// <summary>The size to which an image is resized before the centre crop.</summary>
[JsonConverter(typeof(ResizeTargetConverter))]
public sealed record ResizeTarget
{
    private ResizeTarget(int? shorterSide, int height, int width) =>
        (ShorterSide, Height, Width) = (shorterSide, height, width);

    /// <summary>The length of the shorter side; the aspect ratio is kept. Null where both sides are given.</summary>
    public int? ShorterSide { get; }

    /// <summary>The height, where both sides are given; otherwise 0.</summary>
    public int Height { get; }

    /// <summary>The width, where both sides are given; otherwise 0.</summary>
    public int Width { get; }

    internal IReadOnlyList<int> Sides => ShorterSide is { } shorter ? [shorter] : [Height, Width];

    /// <summary>
    /// The shorter side gets this length, and the other is rounded as <see cref="ImageInput.ResizeRounding"/> says.
    /// </summary>
    /// <param name="length">At least 1.</param>
    public static ResizeTarget Shorter(int length) => new(length, 0, 0);

    /// <summary>Both sides get these lengths, whatever the aspect ratio.</summary>
    /// <param name="height">At least 1.</param>
    /// <param name="width">At least 1.</param>
    public static ResizeTarget Both(int height, int width) => new(null, height, width);

    /// <summary>The same share of another crop, with sides rounded down.</summary>
    internal ResizeTarget For((int Height, int Width) crop, (int Height, int Width) before)
    {
        return ShorterSide is { } shorter
            ? Shorter(Scale(shorter, Math.Min(crop.Height, crop.Width), Math.Min(before.Height, before.Width)))
            : Both(Scale(Height, crop.Height, before.Height), Scale(Width, crop.Width, before.Width));

        static int Scale(int side, int now, int before) => (int)Math.Max(1, (long)side * now / before);
    }

    /// <summary>As in a manifest: <c>256</c> or <c>[256, 320]</c>.</summary>
    public override string ToString() => ShorterSide is { } shorter
        ? shorter.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"[{Height}, {Width}]");
}
