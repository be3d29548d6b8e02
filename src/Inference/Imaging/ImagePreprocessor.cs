using System.Buffers;
using System.Numerics;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Imaging;

/// <summary>
/// Turns encoded images into the input tensor of one model. Immutable and thread-safe.
/// </summary>
/// <remarks>
/// The formats of <see cref="ImageFormats"/> are decoded to sRGB and turned upright by the orientation in their EXIF or
/// else their XMP; of an animation, only the first frame is used. Transparent parts of a photograph show
/// <see cref="ImageInput.Background"/>, and it is resized according to <see cref="ImageInput.Resize"/> and
/// <see cref="ImageInput.Filter"/>; around it is <see cref="ImageInput.Fill"/>. An image with a
/// <see cref="ImageInput.Foreground"/> is treated as by the makers of MNIST: its ink is found, brought to the model's
/// polarity, cropped, fitted into 20/28 of the model's size, and centred by its centre of mass. An image that already
/// has this form is not changed.
/// </remarks>
public sealed class ImagePreprocessor
{
    /// <summary>The default limit for the pixels that an image may declare: 40 megapixels.</summary>
    public const long DefaultMaxPixels = 40_000_000;

    // A digit's canvas of 28 × 28 fits on the stack, even in four channels. Larger ones are pooled.
    private const int MaxStackFloats = 4096;

    private readonly long _maxPixels;
    private readonly byte[] _background;
    private readonly PhotographFramer _photographs;
    private readonly DigitNormalizer _digits;
    private readonly TensorWriter _writer;

    /// <summary>Makes a preprocessor for one model.</summary>
    /// <param name="input">How images become the model's input.</param>
    /// <param name="maxPixels">
    /// Images whose header declares more pixels are rejected before any memory is allocated for them.
    /// </param>
    /// <exception cref="ArgumentException"><paramref name="input"/> contradicts itself.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxPixels"/> is not positive.</exception>
    public ImagePreprocessor(ImageInput input, long maxPixels = DefaultMaxPixels)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxPixels);
        CheckInput(input);

        Input = input;
        _maxPixels = maxPixels;
        _background = [.. input.Background];
        _photographs = new PhotographFramer(input);
        _digits = new DigitNormalizer(input);
        _writer = new TensorWriter(input);
    }

    /// <summary>How images become the model's input.</summary>
    public ImageInput Input { get; }

    /// <summary>The processes that decode; null to decode in this one.</summary>
    internal IDecoderPool? Decoders { get; init; }

    /// <summary>Decodes an image and writes the model's input tensor.</summary>
    /// <param name="encoded">The whole file, in one of <see cref="ImageFormats"/>.</param>
    /// <param name="tensor">
    /// Receives <see cref="ImageInput.ElementCount"/> elements. Later elements are not changed.
    /// </param>
    /// <exception cref="ArgumentException"><paramref name="tensor"/> is too short.</exception>
    /// <exception cref="InferenceException">
    /// The image is empty, of another format, damaged or truncated, or too large.
    /// </exception>
    public void Preprocess(ReadOnlySpan<byte> encoded, Span<float> tensor) =>
        Preprocess(encoded, ReadHeader(encoded), tensor, CancellationToken.None);

    /// <summary>Reads what a file declares, and rejects what cannot be decoded or is too large.</summary>
    /// <param name="encoded">The whole file.</param>
    /// <exception cref="InferenceException">
    /// The image is empty, of another format, damaged or truncated, or too large.
    /// </exception>
    internal ImageHeader ReadHeader(ReadOnlySpan<byte> encoded) => ImageHeader.Read(encoded, _maxPixels);

    /// <summary>The most memory that decoding takes: the decoder's own, and the pixels.</summary>
    /// <param name="header">Of the file.</param>
    internal long PeakBytesOf(in ImageHeader header) => header.Cost.WorkingBytes
        + (PixelBytesOf(header) * (Decoders is null ? 1 : 2));

    /// <summary>How long preparing the image computes at most.</summary>
    /// <param name="header">Of the file.</param>
    internal double MillisecondsOf(in ImageHeader header) => header.Cost.Milliseconds
        + (header.Format == ImageFormats.Jpeg
            ? DecodeCost.MillisecondsToDrawJpeg(PixelBytesOf(header) / sizeof(uint))
            : 0);

    /// <summary>Decodes an image whose header is known, and writes the model's input tensor.</summary>
    /// <param name="encoded">The whole file.</param>
    /// <param name="header">Its header.</param>
    /// <param name="tensor">Receives <see cref="ImageInput.ElementCount"/> elements.</param>
    /// <exception cref="ArgumentException"><paramref name="tensor"/> is too short.</exception>
    /// <param name="cancellationToken">Ends a decode in another process; others are not ended.</param>
    /// <exception cref="InferenceException">The image is damaged or truncated.</exception>
    /// <exception cref="OperationCanceledException">The decode was ended.</exception>
    internal void Preprocess(
        ReadOnlySpan<byte> encoded, in ImageHeader header, Span<float> tensor, CancellationToken cancellationToken)
    {
        CheckLength(tensor);
        using var picture = Decode(encoded, header, cancellationToken);
        Write(picture, tensor);
    }

    /// <summary>Whether it decodes every image at its full size.</summary>
    internal bool DecodesAtFullSize => Input.Foreground == Foreground.None && !_photographs.AllowsSmallerPicture;

    /// <summary>
    /// Decodes an image as far as this preprocessor needs it. One that <see cref="DecodesAtFullSize"/> gives the same
    /// picture as all others that do, with the same colours and background.
    /// </summary>
    /// <inheritdoc cref="Preprocess(ReadOnlySpan{byte}, Span{float})"/>
    internal PixelBuffer Decode(ReadOnlySpan<byte> encoded) =>
        Decode(encoded, ReadHeader(encoded), CancellationToken.None);

    /// <summary>
    /// Writes the input tensor of a picture that this preprocessor could have decoded. A recipe with a foreground
    /// destroys the picture; others do not change it.
    /// </summary>
    /// <inheritdoc cref="Preprocess(ReadOnlySpan{byte}, Span{float})"/>
    internal void Write(PixelBuffer picture, Span<float> tensor)
    {
        CheckLength(tensor);
        if (Input.Foreground == Foreground.None && _photographs.IsDrawnAlready(picture))
        {
            Write(picture.Pixels, picture.Channels, tensor);
            return;
        }

        var channels = 1;
        var length = Input.Width * Input.Height * 4;
        var rented = length > MaxStackFloats ? ArrayPool<float>.Shared.Rent(length) : null;
        var canvas = rented ?? stackalloc float[MaxStackFloats];
        if (Input.Foreground == Foreground.None)
        {
            channels = _photographs.Draw(picture, canvas);
        }
        else
        {
            _digits.Draw(picture, canvas[..(Input.Width * Input.Height)]);
        }

        Write<float>(canvas, channels, tensor);
        if (rented is not null)
        {
            ArrayPool<float>.Shared.Return(rented);
        }
    }

    /// <summary>Encodes a picture and decodes it, so that no request pays for loading the native library.</summary>
    /// <param name="tensor">An input tensor of the model.</param>
    internal void WarmUp(ReadOnlySpan<float> tensor) =>
        Preprocess(InputPicture.Encode(Input, tensor), new float[Input.ElementCount]);

    /// <summary>Writes the input tensor of a picture that already has the model's size and form.</summary>
    /// <param name="pixels">One (grey) or four (red, green, blue, unused) values 0…255 a pixel.</param>
    /// <param name="channels">1 or 4.</param>
    /// <param name="tensor">Receives <see cref="ImageInput.ElementCount"/> elements.</param>
    internal void Write<T>(ReadOnlySpan<T> pixels, int channels, Span<float> tensor)
        where T : unmanaged, INumberBase<T>
    {
        _writer.Write(pixels, channels, tensor);
        if (Input.Standardize)
        {
            Standardize(tensor[..Input.ElementCount]);
        }
    }

    private PixelBuffer Decode(
        ReadOnlySpan<byte> encoded, in ImageHeader header, CancellationToken cancellationToken)
    {
        var (minWidth, minHeight) = SmallestUsefulSize(header);
        var picture = Decoders is null
            ? ImageDecoder.Decode(encoded, header, minWidth, minHeight)
            : IsolatedDecoding.Decode(Decoders, encoded, header, minWidth, minHeight, cancellationToken);
        if (Input.Foreground == Foreground.None)
        {
            Flatten(picture);
        }

        return picture;
    }

    private long PixelBytesOf(in ImageHeader header)
    {
        var (minWidth, minHeight) = SmallestUsefulSize(header);
        return ImageDecoder.PixelBytesOf(header, minWidth, minHeight);
    }

    private void CheckLength(Span<float> tensor)
    {
        if (tensor.Length < Input.ElementCount)
        {
            throw new ArgumentException(
                $"The tensor holds {tensor.Length} elements; {Input.ElementCount} are written.", nameof(tensor));
        }
    }

    private static void Standardize(Span<float> tensor)
    {
        var (sum, squares) = (0.0, 0.0);
        foreach (var element in tensor)
        {
            sum += element;
        }

        var mean = sum / tensor.Length;
        foreach (var element in tensor)
        {
            squares += (element - mean) * (element - mean);
        }

        var divisor = Math.Max(Math.Sqrt(squares / tensor.Length), 1 / Math.Sqrt(tensor.Length));
        foreach (ref var element in tensor)
        {
            element = (float)((element - mean) / divisor);
        }
    }

    // Lays transparency on the background, and converts to grey before resizing, like Pillow's convert("L") followed by
    // resize(). It is also a quarter of the work.
    private void Flatten(PixelBuffer picture)
    {
        if (Input.Color == PixelColor.Gray)
        {
            picture.CompositeToGray(Luma.FromRgb((int)_background[0], _background[1], _background[2]));
        }
        else
        {
            picture.CompositeOn(_background);
        }
    }

    // Twice the drawn size leaves the antialiasing to us: the codec's own scaling is coarse. It is still not what
    // makers do, so a recipe that says what they do gets every pixel.
    private (int Width, int Height) SmallestUsefulSize(in ImageHeader header)
    {
        if (Input.Foreground != Foreground.None)
        {
            return _digits.SmallestUsefulSize;
        }

        if (!_photographs.AllowsSmallerPicture)
        {
            return (header.Width, header.Height);
        }

        var swapped = Orientation.SwapsAxes(header.Origin);
        var (width, height) = swapped
            ? _photographs.DrawnSize(header.Height, header.Width)
            : _photographs.DrawnSize(header.Width, header.Height);
        var (drawnWidth, drawnHeight) = ((int)width, (int)height);
        return swapped ? (2 * drawnHeight, 2 * drawnWidth) : (2 * drawnWidth, 2 * drawnHeight);
    }

    private static void CheckInput(ImageInput input)
    {
        if (input.Width < 1 || input.Height < 1)
        {
            throw new ArgumentException(
                $"Height and width must be at least 1, not {input.Height} × {input.Width}.", nameof(input));
        }

        var channels = input.Color == PixelColor.Gray ? 1 : 3;
        if (input.Channels != channels)
        {
            throw new ArgumentException($"{input.Color} has {channels} channels, not {input.Channels}.", nameof(input));
        }

        if (input.Mean.Count != channels || input.Std.Count != channels)
        {
            throw new ArgumentException(
                $"Mean and std must have one value per channel: {channels}, not {input.Mean.Count} and "
                + $"{input.Std.Count}.",
                nameof(input));
        }

        for (var channel = 0; channel < channels; channel++)
        {
            if (!float.IsFinite(input.Mean[channel]) || !float.IsFinite(input.Std[channel]) || input.Std[channel] == 0)
            {
                throw new ArgumentException("Mean must be finite; std must be finite and not 0.", nameof(input));
            }
        }

        if (!float.IsFinite(input.Scale))
        {
            throw new ArgumentException("Scale must be finite.", nameof(input));
        }

        if (input.Fill.Count != 3 || input.Background.Count != 3 || !input.Fill.All(value => value is >= 0 and <= 255))
        {
            throw new ArgumentException("Fill and background must have three values in 0…255.", nameof(input));
        }

        if (input.ResizeTo is { } target)
        {
            CheckTarget(target, input);
        }
    }

    private static void CheckTarget(ResizeTarget target, ImageInput input)
    {
        if (input.Resize != ResizeMode.Crop)
        {
            throw new ArgumentException("Only a crop has a size before it.", nameof(input));
        }

        if (target.Sides.Any(side => side is < 1 or > ImageHeader.MaxSide))
        {
            throw new ArgumentException($"Sides must be from 1 to {ImageHeader.MaxSide}, not {target}.", nameof(input));
        }
    }
}
