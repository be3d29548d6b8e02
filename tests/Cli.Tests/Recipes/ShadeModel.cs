using SoftmaxService.Cli.Recipes;
using SoftmaxService.Cli.Tests.Data;
using SoftmaxService.OnnxSchema;
using SoftmaxService.Tests.Support.Models;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.Cli.Tests.Recipes;

/// <summary>
/// A model that tells shades apart by their mean, trained under a recipe of choice: logit k is
/// <c>g · (2 m · c_k − |c_k|²)</c>, where m are the means of the channels and c_k is the shade k under that recipe. So
/// it is right about nine of ten noisy images, and wrong under other recipes.
/// </summary>
internal sealed class ShadeModel : IDisposable
{
    private const int Side = 32;
    private const int Pixels = Side * Side;
    private const double Noise = 14;

    private static readonly int[][] Greys = [[25], [65], [105], [145], [185], [225]];

    private static readonly int[][] Colours =
    [
        [60, 60, 60], [110, 60, 60], [60, 110, 60], [60, 60, 110], [110, 110, 60], [60, 110, 110], [160, 110, 60],
        [200, 200, 200],
    ];

    private readonly ModelFolder _models = new();
    private readonly TemporaryFolder _folder = new();
    private readonly int[][] _shades;

    /// <param name="channels">1 or 3.</param>
    /// <param name="recipe">What the model was trained with, in the tensor's order of channels.</param>
    /// <param name="isBgr">Whether that order is blue, green, red.</param>
    /// <param name="manifest">The model's manifest, if any.</param>
    /// <param name="type">The type of the input's elements.</param>
    public ShadeModel(
        int channels,
        PixelScaling recipe,
        bool isBgr = false,
        string? manifest = null,
        DataType type = DataType.Float)
    {
        _shades = channels == 1 ? Greys : Colours;
        Onnx = Graph(channels, recipe, isBgr, type);
        _models.With("shade/1", Onnx, manifest);
    }

    public byte[] Onnx { get; }

    public string ModelPath => Path.Combine(_models.Path, "shade", "1");

    public string ManifestPath => Path.Combine(ModelPath, "model.json");

    public string FolderPath => _folder.Path;

    public string ModelsPath => _models.Path;

    /// <summary>Writes noisy images of all shades, and returns the path of the data.</summary>
    /// <param name="count">How many.</param>
    /// <param name="seed">Of the noise.</param>
    /// <param name="shade">The only shade of all images; null for all shades.</param>
    public string WriteImages(int count, int seed = 1, int? shade = null)
    {
        var random = new Random(seed);
        var channels = _shades[0].Length;
        var labels = new byte[count];
        var pixels = new byte[count * channels * Pixels];
        for (var image = 0; image < count; image++)
        {
            labels[image] = (byte)(shade ?? image % _shades.Length);
            for (var channel = 0; channel < channels; channel++)
            {
                var level = _shades[labels[image]][channel] + (Noise * Gauss(random));
                for (var pixel = 0; pixel < Pixels; pixel++)
                {
                    pixels[(((image * channels) + channel) * Pixels) + pixel] =
                        (byte)Math.Clamp(level + random.Next(-8, 9), 0, 255);
                }
            }
        }

        if (channels == 1)
        {
            _folder.Write("t10k-labels-idx1-ubyte", DataFiles.Idx([count], labels));
            return _folder.Write("t10k-images-idx3-ubyte", DataFiles.Idx([count, Side, Side], pixels));
        }

        var records = labels.Zip(pixels.Chunk(channels * Pixels))
            .SelectMany(image => image.Second.Prepend(image.First));
        return _folder.Write("test_batch.bin", [.. records]);
    }

    public void Dispose()
    {
        _models.Dispose();
        _folder.Dispose();
    }

    private byte[] Graph(int channels, PixelScaling recipe, bool isBgr, DataType type)
    {
        // The noise of a shade's mean under the recipe decides how steep the scores are.
        var deviation = Math.Abs(recipe.Element(Noise, 0) - recipe.Element(0, 0));
        var gain = 0.5 / (deviation * deviation);
        var weights = new float[channels * Pixels * _shades.Length];
        var bias = new float[_shades.Length];
        for (var k = 0; k < _shades.Length; k++)
        {
            for (var channel = 0; channel < channels; channel++)
            {
                var center = recipe.Element(_shades[k][isBgr ? channels - 1 - channel : channel], channel);
                bias[k] -= (float)(gain * center * center);
                for (var pixel = 0; pixel < Pixels; pixel++)
                {
                    weights[(((channel * Pixels) + pixel) * _shades.Length) + k] =
                        (float)(2 * gain * center / Pixels);
                }
            }
        }

        var elements = channels * Pixels;
        var graph = new OnnxGraphBuilder("shades");
        var input = graph.Input("image", type, "batch", channels, Side, Side);
        input = type == DataType.Float ? input : graph.Node("Cast", [input], "floats", ("to", (long)DataType.Float));
        graph.Node("Reshape", [input, graph.Initializer<long>("shape", [-1, elements], 2)], "flat");
        graph.Node("MatMul", ["flat", graph.Initializer("weights", weights, elements, _shades.Length)], "products");
        graph.Node("Add", ["products", graph.Initializer("bias", bias, _shades.Length)], "scores");
        graph.Output("scores", DataType.Float, "batch", _shades.Length);
        return graph.ToByteArray();
    }

    // Box and Muller, "A Note on the Generation of Random Normal Deviates", 1958.
    private static double Gauss(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
