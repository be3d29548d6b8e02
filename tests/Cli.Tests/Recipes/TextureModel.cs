using SkiaSharp;
using SoftmaxService.Inference.Imaging;
using SoftmaxService.OnnxSchema;
using SoftmaxService.Tests.Support.Models;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.Cli.Tests.Recipes;

/// <summary>
/// A model that tells faint textures of photographs apart, trained under a recipe of choice: logit k is
/// <c>g · (2 t_k · x − |t_k|²)</c>, where x is the tensor and t_k that of texture k under that recipe. Other framings
/// move the texture away from t_k. Photographs are textures under strong noise, and not of the model's shape.
/// </summary>
internal sealed class TextureModel : IDisposable
{
    public const int Side = 32;
    private const int Width = 96;
    private const int Height = 64;
    private const int Classes = 5;
    private const int PerClass = 8;
    private const float Noise = 60;

    private readonly ModelFolder _models = new();
    private readonly TemporaryFolder _folder = new();
    private readonly Random _random = new(3);
    private readonly int _cell;

    /// <param name="recipe">How the model was trained.</param>
    /// <param name="cell">The side of a spot of the textures, in pixels of the photograph.</param>
    /// <param name="strength">Of the textures: the most by which a spot changes a pixel.</param>
    /// <param name="manifest">The model's manifest, if any.</param>
    public TextureModel(ImageInput recipe, int cell, float strength, string? manifest = null)
    {
        _cell = cell;
        float[][] textures = [.. Enumerable.Range(0, Classes).Select(_ => Spots(strength))];
        float[] gray = [.. Enumerable.Repeat(128f, 3 * Width * Height)];
        float[][] templates = [.. textures.Select(texture => TensorBy(recipe, Encode(gray, texture)))];
        List<(float[] Tensor, int Label)> trained = [];
        for (var index = 0; index < Classes * PerClass; index++)
        {
            var label = index % Classes;
            var photograph = Encode(gray, textures[label], Spots(Noise));
            _folder.Write($"data/{label}/{index}.png", photograph);
            trained.Add((TensorBy(recipe, photograph), label));
        }

        _models.With("texture/1", Graph(templates, Gain(templates, trained)), manifest);
    }

    public string ModelPath => Path.Combine(_models.Path, "texture", "1");

    public string Data => _folder.PathOf("data");

    public void Dispose()
    {
        _models.Dispose();
        _folder.Dispose();
    }

    private static float[] TensorBy(ImageInput recipe, byte[] photograph)
    {
        var tensor = new float[recipe.ElementCount];
        new ImagePreprocessor(recipe).Preprocess(photograph, tensor);
        return tensor;
    }

    // So that the likeliest temperature is 1: of two classes with Gaussian scores, the mean difference is then half of
    // its variance.
    private static double Gain(float[][] templates, List<(float[] Tensor, int Label)> trained)
    {
        double[] differences =
        [
            .. from image in trained
               from other in Enumerable.Range(0, Classes)
               where other != image.Label
               select Score(templates[image.Label], image.Tensor) - Score(templates[other], image.Tensor),
        ];
        var mean = differences.Average();
        return 2 * mean / differences.Average(difference => (difference - mean) * (difference - mean));
    }

    private static double Score(float[] template, float[] tensor) =>
        template.Zip(tensor, (t, x) => (2.0 * t * x) - ((double)t * t)).Sum();

    private static byte[] Graph(float[][] templates, double gain)
    {
        var elements = templates[0].Length;
        var weights = new float[elements * Classes];
        var bias = new float[Classes];
        for (var k = 0; k < Classes; k++)
        {
            bias[k] = (float)(-gain * templates[k].Sum(value => (double)value * value));
            for (var i = 0; i < elements; i++)
            {
                weights[(i * Classes) + k] = (float)(2 * gain * templates[k][i]);
            }
        }

        var graph = new OnnxGraphBuilder("textures");
        var input = graph.Input("image", DataType.Float, "batch", 3, Side, Side);
        graph.Node("Reshape", [input, graph.Initializer<long>("shape", [-1, elements], 2)], "flat");
        graph.Node("MatMul", ["flat", graph.Initializer("weights", weights, elements, Classes)], "products");
        graph.Node("Add", ["products", graph.Initializer("bias", bias, Classes)], "scores");
        graph.Output("scores", DataType.Float, "batch", Classes);
        return graph.ToByteArray();
    }

    private float[] Spots(float strength)
    {
        var (columns, rows) = ((Width / _cell) + 1, (Height / _cell) + 1);
        float[] spots =
            [.. Enumerable.Range(0, 3 * columns * rows).Select(_ => strength * ((2 * _random.NextSingle()) - 1))];
        return
        [
            .. Enumerable.Range(0, 3 * Width * Height).Select(index =>
            {
                var (pixel, channel) = Math.DivRem(index, 3);
                var (y, x) = Math.DivRem(pixel, Width);
                return spots[(3 * ((y / _cell * columns) + (x / _cell))) + channel];
            }),
        ];
    }

    private static byte[] Encode(params float[][] layers)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(Width, Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        for (var pixel = 0; pixel < Width * Height; pixel++)
        {
            var color = new SKColor(At(3 * pixel), At((3 * pixel) + 1), At((3 * pixel) + 2));
            bitmap.SetPixel(pixel % Width, pixel / Width, color);
        }

        using var encoded = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return encoded.ToArray();

        byte At(int index) => (byte)Math.Clamp(MathF.Round(layers.Sum(layer => layer[index])), 0, 255);
    }
}
