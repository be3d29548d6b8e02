using SkiaSharp;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Imaging;

/// <summary>
/// Decodes a whole image or nothing. All native decoding is behind this one method, so that it could move to another
/// process.
/// </summary>
internal static unsafe class ImageDecoder
{
    /// <summary>
    /// The most frames of an animation, of which only the first is read. Nobody wants a longer one classified.
    /// </summary>
    public const int MaxFrames = 4096;

    // JPEG's inverse cosine transform can omit the upper half, three quarters or seven eighths of its frequencies.
    private const int JpegBlockSide = 8;

    private static readonly SKColorSpace StandardRgb = SKColorSpace.CreateSrgb();

    /// <summary>
    /// Decodes to sRGB. Decodes a large JPEG at a half, a quarter or an eighth of its size, as long as both sides keep
    /// the given minimum.
    /// </summary>
    /// <param name="encoded">The file, which is not copied.</param>
    /// <param name="header">What <see cref="ImageHeader.Read"/> found in it.</param>
    /// <param name="minWidth">The smallest useful width, as stored.</param>
    /// <param name="minHeight">The smallest useful height, as stored.</param>
    /// <exception cref="InferenceException">The data is damaged, truncated, or not what its header says.</exception>
    public static PixelBuffer Decode(ReadOnlySpan<byte> encoded, in ImageHeader header, int minWidth, int minHeight)
    {
        if (header.Format == ImageFormats.Ico)
        {
            encoded = header.IconPicture.IsPng
                ? encoded.Slice(header.IconPicture.Offset, header.IconPicture.Length)
                : IconStructure.Only(encoded, header.IconPicture);
        }

        fixed (byte* pinned = encoded)
        {
            using var data = SKData.Create((nint)pinned, encoded.Length);
            using var codec = SKCodec.Create(data) ?? throw ImageRejection.DamagedHeader(header.Format);
            var pixels = Decode(codec, header, minWidth, minHeight);
            FillGaps(encoded, header.Format, pixels);
            return pixels;
        }
    }

    /// <summary>The most bytes of the pixels that <see cref="Decode(ReadOnlySpan{byte}, in ImageHeader, int, int)"/>
    /// returns.</summary>
    public static long PixelBytesOf(in ImageHeader header, int minWidth, int minHeight)
    {
        var (width, height) = (header.Width, header.Height);
        for (var eighths = 1; eighths < JpegBlockSide && header.Format == ImageFormats.Jpeg; eighths *= 2)
        {
            (width, height) = (Scaled(header.Width, eighths), Scaled(header.Height, eighths));
            if (width >= minWidth && height >= minHeight)
            {
                break;
            }

            (width, height) = (header.Width, header.Height);
        }

        return sizeof(uint) * (long)width * height;
    }

    private static void FillGaps(ReadOnlySpan<byte> encoded, ImageFormat format, PixelBuffer pixels)
    {
        if (pixels.IsOpaque || pixels.Channels == 1)
        {
            return;
        }

        if (format == ImageFormats.Gif && GifStructure.TryRead(encoded, out var gif))
        {
            gif.FillAroundFrame(pixels);
        }
        else if (format == ImageFormats.Bmp)
        {
            BitmapStructure.FillSkipped(encoded, pixels);
        }
    }

    private static PixelBuffer Decode(SKCodec codec, in ImageHeader header, int minWidth, int minHeight)
    {
        // Each read of the property creates a new colour space.
        var encodedInfo = codec.Info;
        using var colorSpace = encodedInfo.ColorSpace;
        if (encodedInfo.Width != header.Width || encodedInfo.Height != header.Height)
        {
            throw ImageRejection.Undecodable(
                header.Format,
                $"its header declares {header.Width} × {header.Height} pixels, its data {encodedInfo.Width} × "
                + $"{encodedInfo.Height}");
        }

        CheckFrames(codec, header.Format);

        var size = header.Format == ImageFormats.Jpeg ? ChooseScaledSize(codec, header, minWidth, minHeight)
            : encodedInfo.Size;
        var isOpaque = encodedInfo.AlphaType == SKAlphaType.Opaque;
        var isGray = encodedInfo.ColorType == SKColorType.Gray8 && (colorSpace is null || colorSpace.IsSrgb);
        var info = new SKImageInfo(
            size.Width,
            size.Height,
            isGray ? SKColorType.Gray8 : SKColorType.Rgba8888,
            isOpaque ? SKAlphaType.Opaque : SKAlphaType.Unpremul,
            StandardRgb);

        // A decoder that is wrong about scaling writes rows of the stored width.
        var channels = isGray ? 1 : 4;
        var pixels = new PixelBuffer(
            size.Width, size.Height, channels, isOpaque, header.Origin, spare: header.Width * channels);
        try
        {
            var result = codec.GetPixels(info, (nint)pixels.Pointer, pixels.RowLength, SKCodecOptions.Default);
            if (!pixels.IsGuardIntact())
            {
                throw ImageRejection.Undecodable(
                    header.Format, "its data goes beyond the pixels that its header declares");
            }

            if (result != SKCodecResult.Success)
            {
                var isCutOff = result == SKCodecResult.IncompleteInput;
                throw ImageRejection.Undecodable(
                    header.Format, isCutOff ? "it is cut off before its end" : "its data is damaged");
            }

            return pixels;
        }
        catch
        {
            pixels.Dispose();
            throw;
        }
    }

    // Counting reads the frames' headers, and inflates none of them.
    private static void CheckFrames(SKCodec codec, ImageFormat format)
    {
        if (format != ImageFormats.Gif && format != ImageFormats.WebP)
        {
            return;
        }

        if (codec.FrameCount is var frames and > MaxFrames)
        {
            throw ImageRejection.TooLarge(
                $"The animation has {frames} frames; at most {MaxFrames} are taken, of which the first is classified. "
                + "Send that one as an image.");
        }
    }

    private static SKSizeI ChooseScaledSize(SKCodec codec, in ImageHeader header, int minWidth, int minHeight)
    {
        for (var eighths = 1; eighths < JpegBlockSide; eighths *= 2)
        {
            var width = Scaled(header.Width, eighths);
            var height = Scaled(header.Height, eighths);
            if (width < minWidth || height < minHeight)
            {
                continue;
            }

            var promised = codec.GetScaledDimensions((float)eighths / JpegBlockSide);
            if (promised.Width == width && promised.Height == height)
            {
                return promised;
            }
        }

        return new SKSizeI(header.Width, header.Height);
    }

    private static int Scaled(int side, int eighths) => ((side * eighths) + JpegBlockSide - 1) / JpegBlockSide;
}
