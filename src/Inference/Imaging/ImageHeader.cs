using SkiaSharp;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Imaging;

/// <summary>
/// What a file declares about its picture. It is read here, not by the native decoder, which must agree afterwards.
/// </summary>
/// <param name="Format">The file's format.</param>
/// <param name="Width">Pixels per row as stored, from 1 to <see cref="MaxSide"/>.</param>
/// <param name="Height">Rows as stored, from 1 to <see cref="MaxSide"/>.</param>
/// <param name="Origin">How to turn the picture upright.</param>
/// <param name="IconPicture">The picture of an icon that is decoded; default for all other formats.</param>
internal readonly record struct ImageHeader(
    ImageFormat Format, int Width, int Height, SKEncodedOrigin Origin, IconPicture IconPicture = default)
{
    /// <summary>
    /// The longest side that a JPEG can declare. No camera or scanner exceeds it, and filter tables stay small.
    /// </summary>
    public const int MaxSide = 65_535;

    /// <summary>What decoding takes at most.</summary>
    public DecodeCost Cost { get; private init; }

    /// <summary>
    /// Reads the header, and rejects what cannot be decoded or is too large before any memory is allocated for pixels.
    /// </summary>
    /// <remarks>
    /// The orientation is that in EXIF, or else that in XMP: the order of Pillow's <c>ImageOps.exif_transpose</c>, with
    /// which pictures for training are turned. GIF and BMP have neither.
    /// </remarks>
    /// <exception cref="InferenceException">The image cannot be decoded, or is too large.</exception>
    public static ImageHeader Read(ReadOnlySpan<byte> encoded, long maxPixels)
    {
        if (encoded.IsEmpty)
        {
            throw ImageRejection.Empty();
        }

        var format = ImageFormats.Identify(encoded) ?? throw ImageRejection.UnknownFormat(encoded);
        if (format == ImageFormats.Png)
        {
            return ReadPng(encoded, maxPixels);
        }

        if (format == ImageFormats.Jpeg)
        {
            return ReadJpeg(encoded, maxPixels);
        }

        if (format == ImageFormats.WebP)
        {
            return WebPStructure.TryRead(encoded, out var webp)
                ? Check(
                    format, webp.Width, webp.Height, webp.Orientation, maxPixels,
                    DecodeCost.OfWebP(Area(webp.Width, webp.Height)))
                : throw ImageRejection.DamagedHeader(format);
        }

        if (format == ImageFormats.Gif)
        {
            return GifStructure.TryRead(encoded, out var gif)
                ? Check(
                    format, gif.Width, gif.Height, SKEncodedOrigin.TopLeft, maxPixels,
                    DecodeCost.OfGif(Area(gif.Width, gif.Height)))
                : throw ImageRejection.DamagedHeader(format);
        }

        if (format == ImageFormats.Bmp)
        {
            return BitmapStructure.TryRead(
                encoded[Math.Min(encoded.Length, BitmapStructure.FileHeaderLength)..], out var bitmap)
                ? Check(
                    format, bitmap.Width, bitmap.Height, SKEncodedOrigin.TopLeft, maxPixels,
                    DecodeCost.OfBitmap(Area(bitmap.Width, bitmap.Height)))
                : throw ImageRejection.DamagedHeader(format);
        }

        return ReadIcon(encoded, maxPixels);
    }

    private static ImageHeader ReadPng(ReadOnlySpan<byte> encoded, long maxPixels)
    {
        if (!PngStructure.TryRead(encoded, out var png))
        {
            throw ImageRejection.DamagedHeader(ImageFormats.Png);
        }

        var header = Check(ImageFormats.Png, png.Width, png.Height, SKEncodedOrigin.TopLeft, maxPixels, CostOf(png));
        CheckData(ImageFormats.Png, png);
        return header with { Origin = png.Metadata.Orientation };
    }

    private static ImageHeader ReadJpeg(ReadOnlySpan<byte> encoded, long maxPixels)
    {
        var jpeg = JpegStructure.Read(encoded);
        var origin = ExifOrientation.Read(jpeg.Exif) ?? XmpOrientation.Read(jpeg.Xmp) ?? SKEncodedOrigin.TopLeft;
        var cost = DecodeCost.OfJpeg(Area(jpeg.Width, jpeg.Height), jpeg.Components, jpeg.Scans, jpeg.IsKeptWhole);
        var header = Check(ImageFormats.Jpeg, jpeg.Width, jpeg.Height, origin, maxPixels, cost);
        CheckScans(jpeg);
        return jpeg.HasEndOfImage ? header
            : throw ImageRejection.Undecodable(ImageFormats.Jpeg, "it is cut off before its end-of-image marker");
    }

    private static ImageHeader ReadIcon(ReadOnlySpan<byte> encoded, long maxPixels)
    {
        if (!IconStructure.HoldsAllPictures(encoded))
        {
            throw ImageRejection.Undecodable(ImageFormats.Ico, "it is cut off before the end of its pictures");
        }

        var picture = IconStructure.ChoosePicture(encoded) ?? throw ImageRejection.DamagedHeader(ImageFormats.Ico);
        var cost = DecodeCost.OfBitmap(Area(picture.Width, picture.Height));
        var header = Check(ImageFormats.Ico, picture.Width, picture.Height, SKEncodedOrigin.TopLeft, maxPixels, cost);
        if (picture.IsPng && PngStructure.TryRead(encoded.Slice(picture.Offset, picture.Length), out var png))
        {
            CheckData(ImageFormats.Ico, png);
            header = header with { Cost = CostOf(png) };
        }

        return header with { IconPicture = picture };
    }

    private static long Area(long width, long height) => width * height;

    private static DecodeCost CostOf(in PngStructure png) =>
        DecodeCost.OfPng(Area(png.Width, png.Height), png.BitsAPixel, png.IsInterlaced, png.HasProfile);

    private static void CheckScans(in JpegStructure jpeg)
    {
        if (Area(jpeg.Width, jpeg.Height) * jpeg.Scans > JpegStructure.MaxScannedPixels)
        {
            throw ImageRejection.TooLarge(
                $"The JPEG has {jpeg.Scans} scans of {jpeg.Width} × {jpeg.Height} pixels; at most "
                + $"{JpegStructure.MaxScannedPixels} pixels are read over all scans. Send it scaled down, or with "
                + "fewer scans.");
        }
    }

    private static void CheckData(ImageFormat format, in PngStructure png)
    {
        if (png.HoldsMoreThanItsPixels)
        {
            throw ImageRejection.Undecodable(
                format, $"it holds far more data than {png.Width} × {png.Height} pixels take");
        }
    }

    private static ImageHeader Check(
        ImageFormat format, long width, long height, SKEncodedOrigin origin, long maxPixels, in DecodeCost cost)
    {
        if (width <= 0 || height <= 0)
        {
            throw ImageRejection.Undecodable(format, $"it declares {width} × {height} pixels");
        }

        if (width > MaxSide || height > MaxSide)
        {
            throw ImageRejection.TooLarge(
                $"The image declares {width} × {height} pixels; a side may have at most {MaxSide}.");
        }

        if (width * height > maxPixels)
        {
            throw ImageRejection.TooLarge(
                $"The image declares {width} × {height} = {width * height} pixels; at most {maxPixels} are read. Send "
                + "it scaled down.");
        }

        return new ImageHeader(format, (int)width, (int)height, origin) { Cost = cost };
    }
}
