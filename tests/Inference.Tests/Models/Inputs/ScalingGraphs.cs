using Onnx;
using SoftmaxService.OnnxSchema;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.Inference.Tests.Models.Inputs;

/// <summary>
/// Graphs over 8 × 8 RGB whose first nodes are those of an export, and whose logits are then the mean of each channel.
/// </summary>
internal static class ScalingGraphs
{
    private static readonly float[] Mean = [0.485f, 0.456f, 0.406f];
    private static readonly float[] Std = [0.229f, 0.224f, 0.225f];
    private static readonly float[] RootStd = [.. Std.Select(MathF.Sqrt)];

    /// <summary>Graphs that take pixels in 0…255.</summary>
    public static IReadOnlyDictionary<string, byte[]> OfBytes { get; } = new Dictionary<string, byte[]>
    {
        // Rescaling, Normalization whose variance is the deviation, and Rescaling by the root of that once more.
        ["EfficientNetB0 of Keras"] = Nhwc(graph =>
        {
            graph.Node("Mul", ["image", graph.Initializer("c0", [1 / 255f])], "a");
            graph.Node("Sub", ["a", graph.Initializer("c1", Mean, 1, 1, 1, 3)], "b");
            graph.Node("Div", ["b", graph.Initializer("c2", RootStd, 1, 1, 1, 3)], "c");
            return graph.Node("Mul", ["c", graph.Initializer("c3", [.. RootStd.Select(std => 1 / std)], 3)], "d");
        }),
        ["EfficientNetV2S of Keras"] = Nhwc(graph =>
        {
            graph.Node("Mul", ["image", graph.Initializer("c0", [1 / 128f])], "a");
            return graph.Node("Add", ["a", graph.Initializer("c1", [-1f])], "b");
        }),
        ["MobileNetV3 of Keras"] = Nhwc(graph =>
        {
            graph.Node("Mul", [graph.Initializer("c0", [1 / 127.5f], 1), "image"], "a");
            return graph.Node("Sub", ["a", graph.Initializer("c1", [1f], 1, 1, 1, 1)], "b");
        }),
        ["ConvNeXt of Keras"] = Nhwc(graph =>
        {
            graph.Node("Sub", ["image", graph.Initializer("c0", [123.675f, 116.28f, 103.53f], 1, 1, 1, 3)], "a");
            return graph.Node("Div", ["a", graph.Initializer("c1", [58.395f, 57.12f, 57.375f], 1, 1, 1, 3)], "b");
        }),
        ["unfolded Normalization of Keras"] = Nhwc(graph =>
        {
            Constant(graph, "variance", Floats([.. Std.Select(std => std * std * 65_025)], 3));
            graph.Node("Sqrt", ["variance"], "root");
            graph.Node("Max", ["root", graph.Initializer("epsilon", [1e-7f])], "std");
            graph.Node("Sub", ["image", graph.Initializer("c0", [.. Mean.Select(mean => mean * 255)], 3)], "a");
            return graph.Node("Div", ["a", "std"], "b");
        }),
        ["colours reversed for Caffe's means"] = Nhwc(graph =>
        {
            graph.Node("Gather", ["image", graph.Initializer<long>("order", [2, 1, 0], 3)], "a", ("axis", 3L));
            return graph.Node("Add", ["a", graph.Initializer("c0", [-103.939f, -116.779f, -123.68f], 3)], "b");
        }),
        ["colours reversed by a slice"] = Nchw(graph =>
        {
            graph.Node("Mul", ["image", graph.Initializer("c0", [1 / 127.5f])], "a");
            graph.Node(
                "Slice",
                [
                    "a", graph.Initializer<long>("from", [-1], 1), graph.Initializer<long>("to", [long.MinValue], 1),
                    graph.Initializer<long>("axis", [1], 1), graph.Initializer<long>("step", [-1], 1),
                ],
                "b");
            return graph.Node("Sub", ["b", graph.Initializer("c1", [1f])], "c");
        }),
        ["Caffe's MobileNet"] = Nchw(graph =>
        {
            graph.Node("Sub", ["image", graph.Initializer("c0", [103.94f, 116.78f, 123.68f], 1, 3, 1, 1)], "a");
            return graph.Node("Mul", ["a", graph.Initializer("c1", [0.017f])], "b");
        }),
        ["torch, divided by 255 and normalized"] = Nchw(graph =>
        {
            Constant(graph, "c0", Floats([255f]));
            graph.Node("Div", ["image", "c0"], "a");
            return Normalized(graph, "a");
        }),
        ["Cast, Transpose, Identity and Reshape before"] = Nhwc(graph =>
        {
            graph.Node("Shape", ["image"], "shape");
            graph.Node("Cast", ["image"], "a", ("to", (long)DataType.Double));
            graph.Node("Identity", ["a"], "b");
            graph.Node("Reshape", ["b", "shape"], "c");
            graph.Node("Div", ["c", graph.Initializer("c0", [255.0])], "d");
            return graph.Node("Cast", ["d"], "e", ("to", (long)DataType.Float));
        }),
        ["quantized and dequantized before"] = Nchw(graph =>
        {
            Quantized(graph, scale: 1f);
            return graph.Node("Mul", ["dequantized", graph.Initializer("c0", [1 / 255f])], "a");
        }),
        ["quantized constant"] = Nchw(graph =>
        {
            graph.Node(
                "DequantizeLinear",
                [
                    graph.Initializer<byte>("q0", [255]), graph.Initializer("s0", [1 / 65_025f]),
                    graph.Initializer<byte>("z0", [0]),
                ],
                "c0");
            return graph.Node("Mul", ["image", "c0"], "a");
        }),
        ["halves as bits"] = Nchw(graph =>
        {
            Constant(
                graph, "half", new TensorProto { DataType = (int)DataType.Float16, Int32Data = { 0x1C04 } }); // 1/255
            graph.Node("Cast", ["half"], "c0", ("to", (long)DataType.Float));
            return graph.Node("Mul", ["image", "c0"], "a");
        }),
        ["inverted"] = Nchw(graph =>
        {
            graph.Node("Sub", [graph.Initializer("c0", [255f]), "image"], "a");
            return graph.Node("Div", ["a", graph.Initializer("c1", [255f])], "b");
        }),
    };

    /// <summary>Graphs that take pixels in 0…1.</summary>
    public static IReadOnlyDictionary<string, byte[]> OfUnit { get; } = new Dictionary<string, byte[]>
    {
        ["torch, Normalize in front"] = Nchw(graph => Normalized(graph, "image")),
        ["torch, MNIST's mean and deviation"] = Nchw(graph =>
        {
            graph.Node("Sub", ["image", graph.Initializer("c0", [0.1307f])], "a");
            return graph.Node("Div", ["a", graph.Initializer("c1", [0.3081f])], "b");
        }),
        ["twice minus 1"] = Nchw(graph =>
        {
            graph.Node("Mul", ["image", graph.Initializer("c0", [2f])], "a");
            return graph.Node("Sub", ["a", graph.Initializer("c1", [1f])], "b");
        }),
        ["a half subtracted and divided by a half"] = Nchw(graph =>
        {
            graph.Node("Sub", ["image", graph.Initializer("c0", [0.5f, 0.5f, 0.5f], 1, 3, 1, 1)], "a");
            return graph.Node("Div", ["a", graph.Initializer("c1", [0.5f, 0.5f, 0.5f], 1, 3, 1, 1)], "b");
        }),
        ["VGG, each channel by itself"] = Nhwc(graph =>
        {
            graph.Node("Mul", ["image", graph.Initializer("c0", [255f])], "a");
            graph.Node("Split", ["a"], ["red", "green", "blue"], ("axis", 3L));
            graph.Node("Sub", ["blue", graph.Initializer("c1", [103.939f])], "b");
            graph.Node("Sub", ["green", graph.Initializer("c2", [116.779f])], "g");
            graph.Node("Sub", ["red", graph.Initializer("c3", [123.68f])], "r");
            return graph.Node("Concat", ["b", "g", "r"], "bgr", ("axis", 3L));
        }),
    };

    /// <summary><c>transform_input</c>, which takes ImageNet's normalization back to −1…1.</summary>
    public static byte[] GoogLeNet { get; } = Nchw(graph =>
    {
        for (var i = 0; i < 3; i++)
        {
            graph.Node("Gather", ["image", graph.Initializer<long>($"i{i}", [i])], $"plane{i}", ("axis", 1L));
            graph.Node("Unsqueeze", [$"plane{i}", graph.Initializer<long>($"axis{i}", [1], 1)], $"channel{i}");
            graph.Node("Mul", [$"channel{i}", graph.Initializer($"factor{i}", [Std[i] / 0.5f])], $"scaled{i}");
            graph.Node("Add", [$"scaled{i}", graph.Initializer($"shift{i}", [(Mean[i] - 0.5f) / 0.5f])], $"out{i}");
        }

        return graph.Node("Concat", ["out0", "out1", "out2"], "joined", ("axis", 1L));
    });

    /// <summary>Graphs whose first nodes prove nothing, and the words for those that are seen.</summary>
    public static IReadOnlyDictionary<string, (byte[] Onnx, string Seen)> OfDoubt { get; } =
        new Dictionary<string, (byte[], string)>
        {
            ["nothing"] = (Nchw(_ => "image"), ""),
            ["a batch normalization"] = (Nchw(graph => graph.Node(
                "BatchNormalization",
                [
                    "image", graph.Initializer("g", [1f, 1, 1], 3), graph.Initializer("b", [0f, 0, 0], 3),
                    graph.Initializer("m", Mean, 3), graph.Initializer("v", [0.05f, 0.05f, 0.05f], 3),
                ],
                "a")), ""),
            ["a quantized pair"] = (Nchw(graph => Quantized(graph, 1 / 255f)), ""),
            ["an odd factor"] = (
                Nchw(graph => graph.Node("Mul", ["image", graph.Initializer("c0", [3f])], "a")), "Mul by 3"),
            ["a half only"] = (
                Nchw(graph => graph.Node("Sub", ["image", graph.Initializer("c0", [0.5f])], "a")), "Sub of 0.5"),
            ["one channel of photographs, two of something else"] = (Nchw(graph => graph.Node(
                "Sub", ["image", graph.Initializer("c0", [103.939f, 0, 0.5f], 1, 3, 1, 1)], "a")),
                "Sub of [103.939, 0, 0.5]"),
            ["a factor that the image gives"] = (Nchw(graph =>
            {
                graph.Node("ReduceMax", ["image"], "max", ("keepdims", 1L));
                return graph.Node("Mul", ["image", "max"], "a");
            }), ""),
            ["two readers of the image"] = (Nchw(graph =>
            {
                graph.Node("Mul", ["image", graph.Initializer("c0", [1 / 255f])], "a");
                graph.Node("Relu", ["image"], "other");
                return graph.Node("Add", ["a", "other"], "b");
            }), ""),
            ["more numbers than channels"] = (Nchw(graph => graph.Node(
                "Mul", ["image", graph.Initializer("c0", [.. Enumerable.Repeat(1 / 255f, 8)], 1, 1, 1, 8)], "a")), ""),
            ["a division alone, as behind a subtracted mean"] = (
                Nchw(graph => graph.Node("Div", ["image", graph.Initializer("c0", [64f])], "a")), "Div by 64"),
            ["three times minus 1"] = (Nchw(graph =>
            {
                graph.Node("Mul", ["image", graph.Initializer("c0", [3f])], "a");
                return graph.Node("Sub", ["a", graph.Initializer("c1", [1f])], "b");
            }), "Mul by 3; Sub of 1"),
            ["a folded batch normalization"] = (Nchw(graph =>
            {
                graph.Node("Mul", ["image", graph.Initializer("c0", [3.1f, 2.9f, 3.3f], 1, 3, 1, 1)], "a");
                return graph.Node("Add", ["a", graph.Initializer("c1", [-0.5f, -0.4f, -0.6f], 1, 3, 1, 1)], "b");
            }), "Mul by [3.1, 2.9, 3.3]; Add of [-0.5, -0.4, -0.6]"),
            ["quantized, and read as it is"] = (Nchw(graph =>
            {
                graph.Initializer("scale", [1 / 255f]);
                graph.Initializer<byte>("zero", [0]);
                graph.Node("QuantizeLinear", ["image", "scale", "zero"], "quantized");
                graph.Node("Cast", ["quantized"], "a", ("to", (long)DataType.Float));
                graph.Node("Sub", ["a", graph.Initializer("c0", [127.5f])], "b");
                return graph.Node("Div", ["b", graph.Initializer("c1", [127.5f])], "c");
            }), ""),
            ["quantized by other steps than back"] = (Nchw(graph =>
            {
                graph.Initializer("scale", [1 / 255f]);
                graph.Initializer("other", [1f]);
                graph.Initializer<byte>("zero", [0]);
                graph.Node("QuantizeLinear", ["image", "scale", "zero"], "quantized");
                graph.Node("DequantizeLinear", ["quantized", "other", "zero"], "a");
                graph.Node("Sub", ["a", graph.Initializer("c0", [127.5f])], "b");
                return graph.Node("Div", ["b", graph.Initializer("c1", [127.5f])], "c");
            }), ""),
            ["a factor of 0"] = (
                Nchw(graph => graph.Node("Mul", ["image", graph.Initializer("c0", [0f])], "a")), "Mul by 0"),
        };

    private static byte[] Nchw(Func<OnnxGraphBuilder, string> beginning) =>
        Model(beginning, ["batch", 3, 8, 8], axes: [2, 3]);

    private static byte[] Nhwc(Func<OnnxGraphBuilder, string> beginning) =>
        Model(beginning, ["batch", 8, 8, 3], axes: [1, 2]);

    private static byte[] Model(Func<OnnxGraphBuilder, string> beginning, OnnxDimension[] shape, long[] axes)
    {
        var graph = new OnnxGraphBuilder("scaling");
        graph.Input("image", DataType.Float, shape);
        graph.Node("ReduceMean", [beginning(graph)], "means", ("axes", axes), ("keepdims", 0L));
        graph.Node(
            "MatMul", ["means", graph.Initializer("weights", [1f, 0, 0, 0, 1, 0, 0, 0, 1], 3, 3)], "scores");
        graph.Output("scores", DataType.Float, "batch", 3);
        return graph.ToByteArray();
    }

    private static string Normalized(OnnxGraphBuilder graph, string value)
    {
        Constant(graph, "mean_row", Floats(Mean, 3));
        graph.Node("Reshape", ["mean_row", graph.Initializer<long>("planes", [1, 3, 1, 1], 4)], "mean");
        graph.Node("Sub", [value, "mean"], "centred");
        return graph.Node("Div", ["centred", graph.Initializer("std", Std, 1, 3, 1, 1)], "normalized");
    }

    private static string Quantized(OnnxGraphBuilder graph, float scale)
    {
        graph.Initializer("scale", [scale]);
        graph.Initializer<byte>("zero", [0]);
        graph.Node("QuantizeLinear", ["image", "scale", "zero"], "quantized");
        return graph.Node("DequantizeLinear", ["quantized", "scale", "zero"], "dequantized");
    }

    private static void Constant(OnnxGraphBuilder graph, string name, TensorProto value) =>
        graph.Node("Constant", [], name, ("value", value));

    private static TensorProto Floats(float[] values, params long[] dimensions)
    {
        var tensor = new TensorProto { DataType = (int)DataType.Float };
        tensor.Dims.Add(dimensions);
        tensor.FloatData.Add(values);
        return tensor;
    }
}
