using System.Text.Json;
using SoftmaxService.OnnxSchema;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.Tests.Support.Service;

/// <summary>A model of 8 × 8 grey pixels that ranks classes by their index for every image.</summary>
public static class ManyClasses
{
    public const string Name = "many";

    public static void Write(
        TemporaryFolder models,
        int count,
        string name = Name,
        IReadOnlyList<string>? labels = null,
        object? calibration = null)
    {
        const int Pixels = 64;

        var graph = new OnnxGraphBuilder("many-classes");
        var input = graph.Input("pixels", DataType.Float, "batch", Pixels);
        float[] average = [.. Enumerable.Repeat(1f / Pixels, Pixels)];
        float[] steps = [.. Enumerable.Range(0, count).Select(index => -index / 1000f)];
        var mean = graph.Node("MatMul", [input, graph.Initializer("average", average, Pixels, 1)], "mean");
        graph.Output(
            graph.Node("Add", [mean, graph.Initializer("steps", steps, 1, count)], "scores"),
            DataType.Float,
            "batch",
            count);
        models.Write($"{name}/1/model.onnx", graph.ToByteArray());
        var manifest = new Dictionary<string, object?> { ["input"] = new { channels = 1, height = 8, width = 8 } };
        if (labels is not null)
        {
            manifest["labels"] = labels;
        }

        if (calibration is not null)
        {
            manifest["calibration"] = calibration;
        }

        models.Write($"{name}/1/model.json", JsonSerializer.SerializeToUtf8Bytes(manifest));
    }

    /// <summary>The body of a request with <paramref name="count"/> images.</summary>
    public static string Images(int count)
    {
        var image = $"\"{Convert.ToBase64String(RunningService.Seven)}\"";
        return $$"""{"images": [{{string.Join(',', Enumerable.Repeat(image, count))}}]}""";
    }
}
