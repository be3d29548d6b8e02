using SoftmaxService.OnnxSchema;
using static TorchSharp.torch;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.Training.Cifar10;

/// <summary>
/// Writes a <see cref="PhotoNet"/> as ONNX: logits as <see cref="PhotoNet.ForwardBothWays"/> gives them, both views in
/// one run.
/// </summary>
internal static class PhotoNetExport
{
    /// <summary>The first with <c>Gelu</c>.</summary>
    public const int Opset = 20;
    public const string InputName = "image";
    public const string OutputName = "logits";

    private const int IrVersion = 9;
    private const string BatchName = "batch";

    public static byte[] ToOnnx(PhotoNet net)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var graph = new OnnxGraphBuilder("cifar10", Opset, IrVersion);
        var image = graph.Input(
            InputName,
            DataType.Float,
            BatchName,
            PhotoNet.Channels,
            PhotoNet.ImageSize,
            PhotoNet.ImageSize);

        // The last axis backwards: from its end to before its start.
        var mirrored = graph.Node(
            "Slice",
            [
                image,
                graph.Initializer<long>("mirror.starts", [-1], 1),
                graph.Initializer<long>("mirror.ends", [long.MinValue], 1),
                graph.Initializer<long>("mirror.axes", [3], 1),
                graph.Initializer<long>("mirror.steps", [-1], 1),
            ],
            "mirrored");
        var x = graph.Node("Concat", [image, mirrored], "both", ("axis", 0));

        x = Convolution(graph, x, "whitening", net.WhiteningKernel, net.WhiteningBias, padding: 0);
        x = graph.Node("Gelu", [x], "whitening.gelu");
        for (var i = 0; i < net.Layers.Count; i++)
        {
            // The norm's scale is positive, so that pooling before or after it is the same.
            var layer = net.Layers[i];
            var scale = (layer.Variance.to_type(ScalarType.Float64) + PhotoNet.NormEpsilon).rsqrt();
            x = Convolution(
                graph,
                x,
                $"conv{i}",
                layer.Kernel * scale.view(-1, 1, 1, 1),
                layer.Bias - (scale * layer.Mean),
                PhotoNet.KernelSize / 2);
            x = layer.PoolBetween ? MaxPool(graph, x, $"pool{i}", 2) : x;
            x = graph.Node("Gelu", [x], $"gelu{i}");
        }

        x = MaxPool(graph, x, "pool", PhotoNet.LastSize);
        x = graph.Node("Flatten", [x], "features", ("axis", 1));

        var head = net.HeadWeight * (PhotoNet.HeadScale / PhotoNet.ViewTemperature);
        x = graph.Node(
            "Gemm",
            [x, graph.Initializer("head.weight", Floats(head), head.shape)],
            "both.logits",
            ("transB", 1));
        MeanOfViews(graph, x);
        graph.Output(OutputName, DataType.Float, BatchName, PhotoNet.ClassCount);
        return graph.ToByteArray();
    }

    /// <summary>
    /// From <c>[2 batch, classes]</c>, the images before the mirror images, to <c>[batch, classes]</c>.
    /// </summary>
    private static void MeanOfViews(OnnxGraphBuilder graph, string logits)
    {
        var views = graph.Node(
            "Reshape",
            [logits, graph.Initializer<long>("views.shape", [2, -1, PhotoNet.ClassCount], 3)],
            "views");
        var overViews = graph.Initializer<long>("over.views", [0], 1);
        var total = graph.Node("ReduceLogSumExp", [views, graph.Initializer<long>("over.classes", [2], 1)], "total");
        var logProbabilities = graph.Node("Sub", [views, total], "log.probabilities");
        var sum = graph.Node("ReduceLogSumExp", [logProbabilities, overViews], "sum", ("keepdims", 0));
        var meanTotal = graph.Node("ReduceMean", [total, overViews], "mean.total", ("keepdims", 0));
        var both = graph.Node("Add", [sum, meanTotal], "sum.total");
        graph.Node("Sub", [both, graph.Initializer("log.two", [MathF.Log(2)])], OutputName);
    }

    private static string Convolution(
        OnnxGraphBuilder graph,
        string input,
        string name,
        Tensor kernel,
        Tensor bias,
        long padding)
    {
        var planes = kernel.permute(0, 3, 1, 2);
        return graph.Node(
            "Conv",
            [
                input,
                graph.Initializer($"{name}.weight", Floats(planes), planes.shape),
                graph.Initializer($"{name}.bias", Floats(bias), bias.shape),
            ],
            name,
            ("kernel_shape", planes.shape[2..]),
            ("pads", new[] { padding, padding, padding, padding }));
    }

    private static string MaxPool(OnnxGraphBuilder graph, string input, string name, long size) =>
        graph.Node("MaxPool", [input], name, ("kernel_shape", new[] { size, size }), ("strides", new[] { size, size }));

    private static float[] Floats(Tensor tensor) =>
        tensor.detach().to_type(ScalarType.Float32).contiguous().data<float>().ToArray();
}
