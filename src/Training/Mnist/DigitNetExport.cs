using SoftmaxService.OnnxSchema;
using TorchSharp.Modules;
using static TorchSharp.torch;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.Training.Mnist;

/// <summary>Writes a <see cref="DigitNet"/> as ONNX, as it computes when it is not training.</summary>
internal static class DigitNetExport
{
    public const int Opset = 17;
    public const string InputName = "image";
    public const string OutputName = "logits";

    private const string BatchName = "batch";

    public static byte[] ToOnnx(DigitNet net)
    {
        var graph = new OnnxGraphBuilder("mnist", Opset);
        var x = graph.Input(InputName, DataType.Float, BatchName, 1, DigitNet.ImageSize, DigitNet.ImageSize);

        for (var i = 0; i < DigitNet.Stages.Count; i++)
        {
            var stage = DigitNet.Stages[i];
            var (weight, bias) = FoldNorm(net.Convolutions[i], net.Norms[i]);
            x = graph.Node(
                "Conv",
                [
                    x,
                    graph.Initializer(
                        $"conv{i}.weight",
                        weight,
                        stage.Outputs,
                        stage.Inputs,
                        DigitNet.KernelSize,
                        DigitNet.KernelSize),
                    graph.Initializer($"conv{i}.bias", bias, stage.Outputs),
                ],
                $"conv{i}",
                ("kernel_shape", new long[] { DigitNet.KernelSize, DigitNet.KernelSize }),
                ("pads", new long[] { stage.Padding, stage.Padding, stage.Padding, stage.Padding }));
            x = graph.Node("Relu", [x], $"relu{i}");
            if (stage.PoolAfter)
            {
                x = graph.Node(
                    "MaxPool",
                    [x],
                    $"pool{i}",
                    ("kernel_shape", new long[] { 2, 2 }),
                    ("strides", new long[] { 2, 2 }));
            }
        }

        x = graph.Node("Flatten", [x], "features", ("axis", 1));
        var headWeight = graph.Initializer("head.weight", Floats(net.Head.weight), net.Head.weight.shape);
        var headBias = graph.Initializer("head.bias", Floats(Biases(net.Head)), DigitNet.ClassCount);
        graph.Node("Gemm", [x, headWeight, headBias], OutputName, ("transB", 1));
        graph.Output(OutputName, DataType.Float, BatchName, DigitNet.ClassCount);
        return graph.ToByteArray();
    }

    /// <summary>
    /// BatchNorm after a convolution without bias is a convolution with one: γ(Wx − μ)/√(σ² + ε) + β = (sW)x + (β −
    /// sμ), with s = γ/√(σ² + ε) a channel.
    /// </summary>
    private static (float[] Weight, float[] Bias) FoldNorm(Conv2d convolution, BatchNorm2d norm)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var variance = Required(norm.running_var).to_type(ScalarType.Float64);
        var mean = Required(norm.running_mean).to_type(ScalarType.Float64);
        var scale = Required(norm.weight) / (variance + norm.eps).sqrt();
        var weight = convolution.weight * scale.view(-1, 1, 1, 1);
        var bias = Required(norm.bias) - (scale * mean);
        return (Floats(weight), Floats(bias));
    }

    private static Tensor Biases(Linear linear) => Required(linear.bias);

    // TorchSharp declares as absent what a module was made without; ours were made with all of it.
    private static Tensor Required(Tensor? tensor) =>
        tensor ?? throw new InvalidOperationException("The net has no such tensor.");

    private static float[] Floats(Tensor tensor)
    {
        using var contiguous = tensor.detach().to_type(ScalarType.Float32).contiguous();
        return contiguous.data<float>().ToArray();
    }
}
