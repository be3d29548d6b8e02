using System.Buffers;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Imaging;

/// <summary>Turns encoded images into one model's input tensor. Immutable, and safe to use from many threads at once.</summary>
/// <remarks>
/// The formats of <see cref="ImageFormats"/> are decoded to sRGB, turned upright by the orientation in their EXIF or
/// else their XMP, and of an animation the first frame is taken. A photograph's transparency is laid on white and its
/// size changed as <see cref="ImageInput.Resize"/> says, with antialiasing; the bars of <see cref="ResizeMode.Fit"/>
/// are black. An image with a <see cref="ImageInput.Foreground"/> is treated as the makers of MNIST did: its ink is
/// found, brought to the model's polarity, cropped, fitted into 20/28 of the model's size and centred by its centre of
/// mass; an image that has that form already is not changed.
/// </remarks>
public sealed class ImagePreprocessor
{
    /// <summary>The most pixels an image may declare unless told otherwise: 40 megapixels.</summary>
    public const long DefaultMaxPixels = 40_000_000;

    // A digit's canvas of 28 × 28 fits on the stack, in four channels too; larger ones are pooled.
    private const int MaxStackFloats = 4096;

    private readonly long _maxPixels;
    private readonly PhotographFramer _photographs;
    private readonly DigitNormalizer _digits;
    private readonly TensorWriter _writer;

    /// <summary>Prepares for one model.</summary>
    /// <param name="input">What the model wants.</param>
    /// <param name="maxPixels">Images whose header declares more pixels are refused before any memory is taken for them.</param>
    /// <exception cref="ArgumentException">The description contradicts itself.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxPixels"/> is not positive.</exception>
    public ImagePreprocessor(ImageInput input, long maxPixels = DefaultMaxPixels)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxPixels);
        CheckInput(input);

        Input = input;
        _maxPixels = maxPixels;
        _photographs = new PhotographFramer(input);
        _digits = new DigitNormalizer(input);
        _writer = new TensorWriter(input);
    }

    /// <summary>What the model wants.</summary>
    public ImageInput Input { get; }

    /// <summary>Decodes an image and writes the model's input tensor.</summary>
    /// <param name="encoded">The whole file, in one of <see cref="ImageFormats"/>.</param>
    /// <param name="tensor">Receives <see cref="ImageInput.ElementCount"/> elements; what lies beyond is not touched.</param>
    /// <exception cref="ArgumentException"><paramref name="tensor"/> is too short.</exception>
    /// <exception cref="InferenceException">The image is empty, of another format, damaged or truncated, or too large.</exception>
    public void Preprocess(ReadOnlySpan<byte> encoded, Span<float> tensor)
    {
        if (tensor.Length < Input.ElementCount)
            throw new ArgumentException($"The tensor holds {tensor.Length} elements; {Input.ElementCount} are written.", nameof(tensor));

        var header = ImageHeader.Read(encoded, _maxPixels);
        var (minWidth, minHeight) = SmallestUsefulSize(header);
        using var picture = ImageDecoder.Decode(encoded, header, minWidth, minHeight);
        if (Input.Foreground == Foreground.None)
        {
            Flatten(picture);
            if (_photographs.IsDrawnAlready(picture))
            {
                _writer.Write(picture.Pixels, picture.Channels, tensor);
                return;
            }
        }

        var length = Input.Width * Input.Height * 4;
        var rented = length > MaxStackFloats ? ArrayPool<float>.Shared.Rent(length) : null;
        var canvas = rented ?? stackalloc float[MaxStackFloats];
        if (Input.Foreground == Foreground.None)
        {
            _photographs.Draw(picture, canvas[..(Input.Width * Input.Height * picture.Channels)]);
        }
        else
        {
            _digits.Draw(picture, canvas[..(Input.Width * Input.Height)]);
        }

        _writer.Write<float>(canvas, picture.Channels, tensor);
        if (rented is not null)
        {
            ArrayPool<float>.Shared.Return(rented);
        }
    }

    /// <summary>Encodes a picture and reads it, so that no request pays for loading the library that does.</summary>
    /// <param name="tensor">An input as the model takes it.</param>
    internal void WarmUp(ReadOnlySpan<float> tensor) => Preprocess(InputPicture.Encode(Input, tensor), new float[Input.ElementCount]);

    /// <summary>Writes the input tensor of a picture that has the model's size and form already.</summary>
    /// <param name="pixels">One (grey) or four (red, green, blue, unused) values 0…255 a pixel.</param>
    /// <param name="channels">1 or 4.</param>
    /// <param name="tensor">Receives <see cref="ImageInput.ElementCount"/> elements.</param>
    internal void Write(ReadOnlySpan<float> pixels, int channels, Span<float> tensor) => _writer.Write(pixels, channels, tensor);

    // Grey before the size changes, as Pillow's convert("L") and resize() are used one after the other; it is a quarter
    // of the work, too.
    private void Flatten(PixelBuffer picture)
    {
        if (Input.Color == PixelColor.Gray)
        {
            picture.CompositeToGray(ground: 255);
        }
        else
        {
            picture.CompositeOnWhite();
        }
    }

    // Twice the drawn size keeps antialiasing in our hands: the codec's own scaling is coarse.
    private (int Width, int Height) SmallestUsefulSize(in ImageHeader header)
    {
        if (Input.Foreground != Foreground.None)
            return _digits.SmallestUsefulSize;

        var swapped = Orientation.SwapsAxes(header.Origin);
        var (width, height) = swapped
            ? _photographs.DrawnSize(header.Height, header.Width)
            : _photographs.DrawnSize(header.Width, header.Height);
        return swapped ? (2 * height, 2 * width) : (2 * width, 2 * height);
    }

    private static void CheckInput(ImageInput input)
    {
        if (input.Width < 1 || input.Height < 1)
            throw new ArgumentException($"Height and width must be at least 1, not {input.Height} × {input.Width}.", nameof(input));
        var channels = input.Color == PixelColor.Gray ? 1 : 3;
        if (input.Channels != channels)
            throw new ArgumentException($"{input.Color} has {channels} channels, not {input.Channels}.", nameof(input));
        if (input.Mean.Count != channels || input.Std.Count != channels)
            throw new ArgumentException($"Mean and std must have one value a channel: {channels}, not {input.Mean.Count} and {input.Std.Count}.", nameof(input));
        for (var channel = 0; channel < channels; channel++)
        {
            if (!float.IsFinite(input.Mean[channel]) || !float.IsFinite(input.Std[channel]) || input.Std[channel] == 0)
                throw new ArgumentException("Mean must be finite, std finite and not 0.", nameof(input));
        }

        if (!float.IsFinite(input.Scale))
            throw new ArgumentException("Scale must be finite.", nameof(input));
    }
}
