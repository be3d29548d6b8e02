using System.Buffers;
using SkiaSharp;

namespace SoftmaxService.Inference.Imaging;

/// <summary>
/// Brings a picture to the model's height and width by stretching, letterboxing or cropping, as its recipe says.
/// </summary>
internal sealed class PhotographFramer(ImageInput input)
{
    private readonly float _grayFill = Luma.FromRgb(input.Fill[0], input.Fill[1], input.Fill[2]);

    // Wherever Pillow rounds, it does so twice. OpenCV, whose filters are not widened, rounds its result alone.
    private readonly bool _roundsTwice = input.Round && input.Antialias;

    /// <summary>
    /// Whether a smaller picture may be drawn instead, such as a JPEG that is decoded at half its size. A recipe that
    /// states how its makers resize is followed exactly.
    /// </summary>
    public bool AllowsSmallerPicture { get; } =
        input is { ResizeTo: null, Filter: ImageFilter.Bilinear, Antialias: true, Round: false }
        && input is not { Resize: ResizeMode.Crop, CropOffset: CropOffset.Down };

    /// <summary>
    /// Whether the largest centre is taken out of the source, rather than out of a picture of a whole size.
    /// </summary>
    private bool CropsSource => input is { Resize: ResizeMode.Crop, ResizeTo: null } && !AllowsSmallerPicture;

    /// <summary>
    /// The size in the model's pixels at which a picture of the given upright size is drawn, before it is cropped.
    /// </summary>
    public (long Width, long Height) DrawnSize(int width, int height)
    {
        if (input.Resize == ResizeMode.Stretch)
        {
            return (input.Width, input.Height);
        }

        if (input.ResizeTo is { } target)
        {
            return target.ShorterSide is not { } shorter ? (target.Width, target.Height)
                : width <= height ? (shorter, LongerSide(shorter, width, height))
                : (LongerSide(shorter, height, width), shorter);
        }

        var horizontal = (double)input.Width / width;
        var vertical = (double)input.Height / height;
        var scale = input.Resize == ResizeMode.Fit ? Math.Min(horizontal, vertical) : Math.Max(horizontal, vertical);
        return (Math.Max(1, (int)Math.Round(width * scale)), Math.Max(1, (int)Math.Round(height * scale)));
    }

    /// <summary>
    /// Whether the picture is upright and has the model's size, so that drawing would only copy it.
    /// </summary>
    public bool IsDrawnAlready(PixelBuffer picture) =>
        picture.Width == input.Width && picture.Height == input.Height && picture.Origin == SKEncodedOrigin.TopLeft
        && DrawnSize(picture.Width, picture.Height) == (picture.Width, picture.Height);

    /// <summary>
    /// Draws an opaque picture on the canvas, which has the model's size and four channels or more room than that. What
    /// the picture does not cover gets the recipe's colour.
    /// </summary>
    /// <returns>The number of the canvas's channels: those of the picture, or four where its surroundings are coloured.
    /// </returns>
    public int Draw(PixelBuffer picture, Span<float> canvas)
    {
        var swapped = Orientation.SwapsAxes(picture.Origin);
        var (uprightWidth, uprightHeight) = swapped ? (picture.Height, picture.Width) : (picture.Width, picture.Height);
        var (drawnWidth, drawnHeight) = DrawnSize(uprightWidth, uprightHeight);
        var horizontal = Placement(uprightWidth, drawnWidth, input.Width);
        var vertical = Placement(uprightHeight, drawnHeight, input.Height);
        if (CropsSource)
        {
            var (sourceSide, side) = (long)input.Width * uprightHeight >= (long)input.Height * uprightWidth
                ? (uprightWidth, input.Width)
                : (uprightHeight, input.Height);
            horizontal = LargestCentre(uprightWidth, input.Width, sourceSide, side);
            vertical = LargestCentre(uprightHeight, input.Height, sourceSide, side);
        }

        var (alongColumns, alongRows) = swapped ? (vertical, horizontal) : (horizontal, vertical);
        using var columnWeights = Weights(alongColumns, Orientation.ReversesColumns(picture.Origin));
        using var rowWeights = Weights(alongRows, Orientation.ReversesRows(picture.Origin));

        var (columns, rows, channels) = (alongColumns.Visible, alongRows.Visible, picture.Channels);
        var length = columns * rows * channels;
        var rented = ArrayPool<float>.Shared.Rent(4 * columns * rows);
        var stored = rented.AsSpan(0, length);
        if (_roundsTwice)
        {
            Resampler.ResampleBytes(picture, stored, columns, columnWeights, rows, rowWeights, rowsFirst: swapped);
        }
        else
        {
            Resampler.Resample(picture, stored, columns, columnWeights, rows, rowWeights);
            if (input.Round)
            {
                Resampler.RoundToBytes(stored);
            }
        }

        if (horizontal.Visible < input.Width || vertical.Visible < input.Height)
        {
            if (channels == 1 && input.Color != PixelColor.Gray)
            {
                stored = Widen(rented, length);
                channels = 4;
            }

            Fill(canvas[..(input.Width * input.Height * channels)]);
        }

        Orientation.Copy(
            stored, columns, rows, channels, picture.Origin, canvas, input.Width, horizontal.Before, vertical.Before);
        ArrayPool<float>.Shared.Return(rented);
        return channels;
    }

    // PaddleClas multiplies by a quotient, which may be a little less than a half where the exact one is a half.
    private long LongerSide(int length, int shorter, int longer) => input.ResizeRounding == ResizeRounding.Nearest
        ? (long)Math.Round(longer * ((double)length / shorter), MidpointRounding.ToEven)
        : (long)length * longer / shorter;

    // Halves of the margin as torchvision's center_crop and Hugging Face's compute them. Both fill the margin of a
    // picture that is too small, but put its odd pixel on different sides.
    private Axis Placement(int length, long drawn, int wanted)
    {
        var source = AxisPart.Whole(length);
        var visible = (int)Math.Min(drawn, wanted);
        var missing = wanted - visible;
        if (input.ResizeTo is null || input.Resize != ResizeMode.Crop)
        {
            return new Axis(source, drawn, visible, (drawn - visible) / 2.0, missing / 2);
        }

        var margin = drawn - visible;
        return input.CropOffset == CropOffset.Even
            ? new Axis(source, drawn, visible, Math.Round(margin / 2.0, MidpointRounding.ToEven), missing / 2)
            : new Axis(source, drawn, visible, margin / 2, (missing + 1) / 2);
    }

    // Along one axis, where a side of the source becomes one of the model's. Pillow's ImageOps.fit takes fractions of
    // pixels, and its kernel sees beyond them; YOLOv5 cuts out whole pixels, and resizes those.
    private Axis LargestCentre(int length, int visible, int sourceSide, int side)
    {
        if (input.CropOffset == CropOffset.Even)
        {
            var drawn = length * ((double)side / sourceSide);
            return new Axis(AxisPart.Whole(length), drawn, visible, (drawn - visible) / 2, Before: 0);
        }

        var kept = (int)Math.Max(1, (long)visible * sourceSide / side);
        return new Axis(new AxisPart(length, (length - kept) / 2, kept), visible, visible, First: 0, Before: 0);
    }

    private AxisWeights Weights(in Axis axis, bool isReversed)
    {
        var scale = axis.Source.Length / axis.Drawn;
        return AllowsSmallerPicture
            ? new AxisWeights(
                axis.Source.Length, axis.First * scale, scale, axis.Visible, ResamplingFilter.Triangle,
                zeroOutside: false)
            : AxisWeights.Of(
                input.Filter, input.Antialias, axis.Source, scale, axis.First, axis.Visible, isReversed);
    }

    private void Fill(Span<float> canvas)
    {
        if (input.Color == PixelColor.Gray)
        {
            canvas.Fill(_grayFill);
            return;
        }

        for (var i = 0; i < canvas.Length; i += 4)
        {
            (canvas[i], canvas[i + 1], canvas[i + 2]) = (input.Fill[0], input.Fill[1], input.Fill[2]);
        }
    }

    // From the end, so that no value is overwritten before it is read.
    private static Span<float> Widen(float[] pixels, int count)
    {
        for (var i = count - 1; i >= 0; i--)
        {
            pixels.AsSpan(4 * i, 4).Fill(pixels[i]);
        }

        return pixels.AsSpan(0, 4 * count);
    }

    /// <summary>How one axis of the upright picture lies in the model's.</summary>
    /// <param name="Source">The part of it that is resized.</param>
    /// <param name="Drawn">The length of that after the resize; may have a fraction.</param>
    /// <param name="Visible">How much of that the model sees.</param>
    /// <param name="First">How much is cut off before; may have a fraction.</param>
    /// <param name="Before">How much is filled before.</param>
    private readonly record struct Axis(AxisPart Source, double Drawn, int Visible, double First, int Before);
}
