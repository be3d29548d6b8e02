using SoftmaxService.OnnxSchema;
using static TorchSharp.torch;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.RecipeBenchmarks;

/// <summary>Writes a net as ONNX: what it computes, and nothing of what its maker does to an image.</summary>
internal static class NetExport
{
    private const int ClassCount = 10;

    public static byte[] ToOnnx(Net net)
    {
        var (plan, layers) = (net.Plan, net.Layers);
        var graph = new OnnxGraphBuilder("net");
        var x = graph.Input("input", DataType.Float, "batch", plan.Channels, plan.Side, plan.Side);
        var isFlat = false;
        for (var i = 0; i < layers.Count; i++)
        {
            var isLast = i == layers.Count - 1;
            switch (layers[i].Layer)
            {
                case Convolution convolution:
                    x = Relu(graph, AddConvolution(graph, x, convolution, layers[i], i), i);
                    break;
                case Pool:
                    x = graph.Node(
                        "MaxPool",
                        [x],
                        $"pool{i}",
                        ("kernel_shape", new long[] { 2, 2 }),
                        ("strides", new long[] { 2, 2 }));
                    break;
                default:
                    x = isFlat ? x : graph.Node("Flatten", [x], "flat", ("axis", 1));
                    isFlat = true;
                    x = graph.Node(
                        "Gemm",
                        [x, Initializer(graph, $"weight{i}", layers[i].Weight), Bias(graph, layers[i], i)],
                        isLast ? "logits" : $"dense{i}",
                        ("transB", 1));
                    x = isLast ? x : Relu(graph, x, i);
                    break;
            }
        }

        graph.Output("logits", DataType.Float, "batch", ClassCount);
        return graph.ToByteArray();
    }

    private static string AddConvolution(
        OnnxGraphBuilder graph,
        string x,
        Convolution convolution,
        LayerWeights weights,
        int index)
    {
        long padding = convolution.Kernel / 2;
        var weight = Initializer(graph, $"weight{index}", weights.Weight);
        (string, OnnxAttributeValue)[] attributes =
        [
            ("kernel_shape", new long[] { convolution.Kernel, convolution.Kernel }),
            ("strides", new long[] { convolution.Stride, convolution.Stride }),
            ("pads", new[] { padding, padding, padding, padding }),
        ];
        if (!convolution.Norm)
        {
            return graph.Node("Conv", [x, weight, Bias(graph, weights, index)], $"conv{index}", attributes);
        }

        return graph.Node(
            "BatchNormalization",
            [
                graph.Node("Conv", [x, weight], $"conv{index}", attributes),
                Initializer(graph, $"scale{index}", weights.NormScale),
                Bias(graph, weights, index),
                Initializer(graph, $"mean{index}", weights.RunningMean),
                Initializer(graph, $"variance{index}", weights.RunningVariance),
            ],
            $"norm{index}",
            ("epsilon", (float)Net.NormEpsilon));
    }

    private static string Relu(OnnxGraphBuilder graph, string x, int index) =>
        graph.Node("Relu", [x], $"relu{index}");

    private static string Bias(OnnxGraphBuilder graph, LayerWeights weights, int index) =>
        Initializer(graph, $"bias{index}", weights.Bias);

    private static string Initializer(OnnxGraphBuilder graph, string name, Tensor? tensor)
    {
        using var values = (tensor ?? throw new InvalidOperationException($"The net has no {name}.")).detach();
        return graph.Initializer(name, values.data<float>().ToArray(), values.shape);
    }
}
