using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Cli.Verification;

/// <summary>
/// An image whose tensors by many recipes are needed. Recipes that need all of its pixels share them; others decode a
/// large JPEG at a smaller size, each as it needs it.
/// </summary>
/// <param name="encoded">The encoded image.</param>
/// <param name="served">The recipe whose colours and background the shared pixels have.</param>
internal sealed class DecodedImage(byte[] encoded, ImageInput served) : IDisposable
{
    private readonly Lock _lock = new();
    private PixelBuffer? _pixels;

    /// <summary>The input tensor of the image. May be called on several threads.</summary>
    /// <exception cref="Inference.Faults.InferenceException">The image cannot be read.</exception>
    public float[] TensorBy(ImageInput recipe)
    {
        var tensor = new float[recipe.ElementCount];
        WriteTensor(recipe, tensor);
        return tensor;
    }

    /// <summary>Writes the input tensor of the image into the first elements of a longer one.</summary>
    /// <inheritdoc cref="TensorBy"/>
    public void WriteTensor(ImageInput recipe, Span<float> tensor)
    {
        var preprocessor = new ImagePreprocessor(recipe);
        if (preprocessor.DecodesAtFullSize && SharesPixels(recipe))
        {
            preprocessor.Write(PixelsBy(preprocessor), tensor);
        }
        else
        {
            preprocessor.Preprocess(encoded, tensor);
        }
    }

    public void Dispose() => _pixels?.Dispose();

    private bool SharesPixels(ImageInput recipe) =>
        (recipe.Color == PixelColor.Gray) == (served.Color == PixelColor.Gray)
        && recipe.Background.SequenceEqual(served.Background);

    private PixelBuffer PixelsBy(ImagePreprocessor preprocessor)
    {
        lock (_lock)
        {
            return _pixels ??= preprocessor.Decode(encoded);
        }
    }
}
