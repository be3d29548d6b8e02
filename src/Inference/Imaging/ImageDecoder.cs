using SkiaSharp;

namespace SoftmaxService.Inference.Imaging;

/// <summary>Opens an encoded image by its header, and decodes it whole or not at all.</summary>
internal readonly unsafe ref struct ImageDecoder : IDisposable
{
    /// <summary>The longest side a JPEG can declare; no camera or scanner goes beyond it, and filter tables stay small.</summary>
    public const int MaxSide = 65_535;

    /// <summary>Of an animation the first frame is read; one of more frames than this is no picture that somebody wants classified.</summary>
    public const int MaxFrames = 4096;

    private static readonly SKColorSpace StandardRgb = SKColorSpace.CreateSrgb();

    private readonly ImageFormat _format;
    private readonly nint _encoded;
    private readonly int _length;
    private readonly SKData _data;
    private readonly SKCodec _codec;
    private readonly SKImageInfo _header;

    private ImageDecoder(ImageFormat format, nint encoded, int length, SKData data, SKCodec codec)
    {
        _format = format;
        _encoded = encoded;
        _length = length;
        _data = data;
        _codec = codec;

        // Each reading of the property makes a colour space anew.
        _header = codec.Info;
        Origin = codec.EncodedOrigin;
    }

    public int Width => _header.Width;

    public int Height => _header.Height;

    public SKEncodedOrigin Origin { get; }

    /// <summary>Reads the header alone. The bytes are not copied: they must stay where they are until disposal.</summary>
    public static ImageDecoder Open(nint encoded, int length, long maxPixels)
    {
        var bytes = new ReadOnlySpan<byte>((byte*)encoded, length);
        if (bytes.IsEmpty)
            throw new InferenceException(InferenceError.ImageEmpty, $"The image is empty: send the bytes of a {ImageFormats.Names} file.");

        var format = ImageFormats.Identify(bytes) ?? throw Unsupported(bytes);
        var data = SKData.Create(encoded, length);
        var codec = SKCodec.Create(data);
        if (codec is null)
        {
            data.Dispose();
            throw Undecodable(format, "its header is damaged or cut off");
        }

        var decoder = new ImageDecoder(format, encoded, length, data, codec);
        try
        {
            decoder.CheckSize(maxPixels);
            decoder.CheckFrames();
            if (format == ImageFormats.Png && PngStructure.HoldsMoreThanItsPixels(bytes, decoder.Width, decoder.Height))
                throw Undecodable(format, $"it holds far more data than {decoder.Width} × {decoder.Height} pixels take");
            return decoder;
        }
        catch
        {
            decoder.Dispose();
            throw;
        }
    }

    /// <summary>Decodes to sRGB; a large JPEG to a half, a quarter or an eighth, as long as both sides keep the given minimum.</summary>
    public PixelBuffer Decode(int minWidth, int minHeight)
    {
        var encoded = new ReadOnlySpan<byte>((byte*)_encoded, _length);
        if (_format == ImageFormats.Jpeg && !JpegStructure.HasEndOfImage(encoded))
            throw Undecodable(_format, "it is cut off before its end-of-image marker");
        if (_format == ImageFormats.Ico && !IconStructure.HoldsAllPictures(encoded))
            throw Undecodable(_format, "it is cut off before the end of its pictures");

        var size = _format == ImageFormats.Jpeg ? ChooseScaledSize(minWidth, minHeight) : _header.Size;
        var isOpaque = _header.AlphaType == SKAlphaType.Opaque;
        var isGray = _header.ColorType == SKColorType.Gray8 && (_header.ColorSpace is null || _header.ColorSpace.IsSrgb);
        var info = new SKImageInfo(
            size.Width,
            size.Height,
            isGray ? SKColorType.Gray8 : SKColorType.Rgba8888,
            isOpaque ? SKAlphaType.Opaque : SKAlphaType.Unpremul,
            StandardRgb);

        var pixels = new PixelBuffer(size.Width, size.Height, isGray ? 1 : 4, isOpaque, Origin);
        var result = _codec.GetPixels(info, (nint)pixels.Pointer);
        if (result == SKCodecResult.Success)
            return pixels;

        pixels.Dispose();
        throw Undecodable(_format, result == SKCodecResult.IncompleteInput ? "it is cut off before its end" : "its data is damaged");
    }

    public void Dispose()
    {
        _header.ColorSpace?.Dispose();
        _codec.Dispose();
        _data.Dispose();
    }

    private void CheckSize(long maxPixels)
    {
        if (Width <= 0 || Height <= 0)
            throw Undecodable(_format, $"it declares {Width} × {Height} pixels");
        if (Width > MaxSide || Height > MaxSide)
        {
            throw new InferenceException(
                InferenceError.ImageTooLarge,
                $"The image declares {Width} × {Height} pixels; a side may have at most {MaxSide}.");
        }

        if ((long)Width * Height > maxPixels)
        {
            throw new InferenceException(
                InferenceError.ImageTooLarge,
                $"The image declares {Width} × {Height} = {(long)Width * Height} pixels; at most {maxPixels} are read. Send it scaled down.");
        }
    }

    // Counting walks the frames' headers, and inflates none.
    private void CheckFrames()
    {
        if (_format != ImageFormats.Gif && _format != ImageFormats.WebP)
            return;
        if (_codec.FrameCount is var frames and > MaxFrames)
        {
            throw new InferenceException(
                InferenceError.ImageTooLarge,
                $"The animation has {frames} frames; at most {MaxFrames} are taken, of which the first is classified. Send that one as an image.");
        }
    }

    private SKSizeI ChooseScaledSize(int minWidth, int minHeight)
    {
        for (var scale = 0.125f; scale < 1f; scale *= 2f)
        {
            var size = _codec.GetScaledDimensions(scale);
            if (size.Width >= minWidth && size.Height >= minHeight)
                return size;
        }

        return _header.Size;
    }

    private static InferenceException Unsupported(ReadOnlySpan<byte> encoded)
    {
        var kind = ImageFormats.IdentifyUnread(encoded);
        var sent = kind is null ? "The bytes are not of an image format that is read here" : $"The bytes look like {kind}, which is not read here";
        return new InferenceException(InferenceError.ImageFormatUnsupported, $"{sent}: send {ImageFormats.Names}.");
    }

    private static InferenceException Undecodable(ImageFormat format, string reason) =>
        new(InferenceError.ImageUndecodable, $"The image begins as {format.Name} but cannot be decoded: {reason}. Send the whole, undamaged file.");
}
