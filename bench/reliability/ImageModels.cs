using System.Globalization;
using SoftmaxService.Inference.Imaging;
using SoftmaxService.OnnxSchema;
using SoftmaxService.Tests.Support.Fuzz.Images;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.ReliabilityBenchmarks;

/// <summary>A folder of models, one per input size of the image trials.</summary>
internal static class ImageModels
{
    private const int Classes = 3;

    /// <summary>
    /// Saves the smallest graph for images of each size: a few classes of each channel's mean.
    /// </summary>
    /// <returns>The models' names.</returns>
    public static List<string> Save(string folder)
    {
        List<string> names = [];
        foreach (var input in ImageSetups.All.Where(input => input.Foreground == Foreground.None))
        {
            var color = input.Channels == 1 ? "grey" : "rgb";
            var name = string.Create(CultureInfo.InvariantCulture, $"{color}-{input.Width}");
            var graph = new OnnxGraphBuilder(name);
            var x = graph.Input("image", DataType.Float, "batch", input.Channels, input.Height, input.Width);
            x = graph.Node("GlobalAveragePool", [x], "mean");
            x = graph.Node("Flatten", [x], "flat");
            float[] weights = [.. Enumerable.Range(0, input.Channels * Classes).Select(i => i - 2f)];
            x = graph.Node("MatMul", [x, graph.Initializer("weight", weights, input.Channels, Classes)], "logits");
            graph.Output(x, DataType.Float, "batch", Classes);
            var version = Directory.CreateDirectory(Path.Combine(folder, name, "1"));
            graph.Save(Path.Combine(version.FullName, "model.onnx"));
            names.Add(name);
        }

        return names;
    }
}
