using SkiaSharp;
using SoftmaxService.Cli.Data;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Cli.Recipes;

/// <summary>A few labelled images, and their pixels as a model's resizing makes them.</summary>
internal sealed class SampleImages
{
    private readonly LabelledImage[] _images;
    private (ImageInput Framing, float[][] Pixels)? _last;

    private SampleImages(LabelledImage[] images, string name) => (_images, Name) = (images, name);

    public string Name { get; }

    public int Count => _images.Length;

    /// <summary>
    /// Whether all images are of one class. They decide nothing: a recipe by which every image looks like that class
    /// would seem best.
    /// </summary>
    public bool AreOfOneClass => _images.All(image => image.Label == _images[0].Label);

    public IReadOnlyList<int> Labels => [.. _images.Select(image => image.Label)];

    /// <exception cref="DataException">A file is missing, or not what it should be.</exception>
    public static SampleImages Read(IImageSet images, Selection selection) =>
        new([.. images.Read(selection)], images.Name);

    /// <summary>Whether every image has these sides already, so that no resizing is seen.</summary>
    public bool AllMeasure(int width, int height) => _images.All(image =>
    {
        using var codec = SKCodec.Create(new MemoryStream(image.Encoded));
        return codec is not null && (codec.Info.Width, codec.Info.Height) == (width, height);
    });

    /// <summary>Whether no image has a colour, so that the order of colours is not seen.</summary>
    public bool AreGrey(ImageInput framing)
    {
        var step = framing.Layout == TensorLayout.ChannelsLast ? 1 : framing.Width * framing.Height;
        var first = framing.Layout == TensorLayout.ChannelsLast ? framing.Channels : 1;
        return PixelsOf(framing).All(pixels => Enumerable.Range(0, framing.Width * framing.Height).All(pixel =>
            pixels[pixel * first] == pixels[(pixel * first) + step]
            && pixels[pixel * first] == pixels[(pixel * first) + (2 * step)]));
    }

    /// <summary>The pixels of all images, resized; those of the last resizing are kept.</summary>
    /// <exception cref="DataException">An image cannot be read.</exception>
    public float[][] PixelsOf(ImageInput framing)
    {
        if (_last is { } last && last.Framing == framing)
        {
            return last.Pixels;
        }

        var preprocessor = new ImagePreprocessor(framing);
        float[][] pixels = [.. _images.Select(image => Preprocess(preprocessor, image))];
        _last = (framing, pixels);
        return pixels;
    }

    private static float[] Preprocess(ImagePreprocessor preprocessor, LabelledImage image)
    {
        var pixels = new float[preprocessor.Input.ElementCount];
        try
        {
            preprocessor.Preprocess(image.Encoded, pixels);
            return pixels;
        }
        catch (InferenceException exception)
        {
            throw new DataException($"{image.Source}: {exception.Message}", exception);
        }
    }
}
