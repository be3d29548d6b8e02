using Google.Protobuf;
using Onnx;
using SkiaSharp;
using SoftmaxService.Inference.Models;
using SoftmaxService.OnnxSchema;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.Inference.Tests.Models;

/// <summary>
/// Graphs over 4 × 4 RGB whose logits are an image's mean red, green and blue (0…1) times a gain. Further classes have
/// the logit 0.
/// </summary>
internal static class ColorModels
{
    public const float Gain = 20f;

    private const string RuntimesDomain = "com.microsoft";

    public static byte[] Red { get; } = EncodedImages.Encode(4, 4, (_, _) => SKColors.Red);

    /// <summary>A graph whose last nodes compute "scores" from the logits "z".</summary>
    /// <param name="ending">Adds the nodes after the logits.</param>
    /// <param name="classes">K, at least 3.</param>
    /// <param name="gain">The logit of a class whose colour is saturated.</param>
    /// <param name="output">The type of the output.</param>
    public static byte[] Ending(
        Action<OnnxGraphBuilder> ending, int classes = 4, float gain = Gain, DataType output = DataType.Float)
    {
        var graph = Start(classes, gain);
        ending(graph);
        graph.Output("scores", output, "batch", classes);
        var model = graph.ToModel();
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = RuntimesDomain, Version = 1 });
        foreach (
            var node in model.Graph.Node.Where(node => node.OpType.StartsWith("QLinear", StringComparison.Ordinal)))
        {
            node.Domain = RuntimesDomain;
        }

        return model.ToByteArray();
    }

    /// <summary>A graph up to its logits "z".</summary>
    public static OnnxGraphBuilder Start(int classes, float gain = Gain)
    {
        var graph = new OnnxGraphBuilder("colors");
        var weights = new float[3 * classes];
        for (var k = 0; k < 3; k++)
        {
            weights[(k * classes) + k] = gain;
        }

        graph.Node("GlobalAveragePool", [graph.Input("image", DataType.Float, "batch", 3, 4, 4)], "pooled");
        graph.Node("Flatten", ["pooled"], "flat");
        graph.Node("MatMul", ["flat", graph.Initializer("weights", weights, 3, classes)], "z");
        return graph;
    }

    /// <summary>An 8-bit softmax in the form that quantisers write.</summary>
    public static void QuantizedSoftmax<T>(OnnxGraphBuilder graph, float scale, T zeroPoint)
        where T : unmanaged
    {
        graph.Node("Softmax", ["z"], "p", ("axis", -1L));
        Quantize(graph, "p", scale, zeroPoint);
    }

    public static void Quantize<T>(OnnxGraphBuilder graph, string value, float scale, T zeroPoint)
        where T : unmanaged
    {
        graph.Initializer("scale", [scale]);
        graph.Initializer("zero", [zeroPoint]);
        graph.Node("QuantizeLinear", [value, "scale", "zero"], "q");
        graph.Node("DequantizeLinear", ["q", "scale", "zero"], "scores");
    }

    public static float ProbabilityOfRed(byte[] onnx, string? manifest = null) =>
        ClassifyRed(onnx, manifest).Predictions.Single(one => one.Index == 0).Probability;

    public static Classification ClassifyRed(byte[] onnx, string? manifest = null)
    {
        using var folder = new ModelFolder().With("a/1", onnx, manifest);
        using var repository = folder.Load();
        Assert.Equal([], repository.Current.Failures.Select(failure => failure.Reason));
        return ImageClassifier.Classify(repository.Current.Find("a", null), Red, new ClassificationOptions());
    }

    public static string Rejection(byte[] onnx, string? manifest = null)
    {
        using var folder = new ModelFolder().With("a/1", onnx, manifest);
        return folder.Rejection();
    }

    public static T Ask<T>(byte[] onnx, string? manifest, Func<ClassifierModel, T> ask)
    {
        using var folder = new ModelFolder().With("a/1", onnx, manifest);
        using var repository = folder.Load();
        Assert.Equal([], repository.Current.Failures.Select(failure => failure.Reason));
        return ask(repository.Current.Find("a", null));
    }
}
