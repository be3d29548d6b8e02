using SoftmaxService.Inference.Calibration;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.Inference.Tests.Models.Scores;

/// <summary>Scores in steps: what a quantizer leaves of a softmax or of logits, and rounded decimals.</summary>
public sealed class QuantizedScoresTests
{
    [Theory]
    [InlineData(10, 1f / 256)]
    [InlineData(1000, 1f / 256)]
    [InlineData(10, 1f / 255)]
    [InlineData(1000, 0.0041f)]
    [InlineData(10, 0.0123f)]
    public void Classify_SoftmaxInUnsignedBytes_AnswersTheModelsProbability(int classes, float scale)
    {
        var onnx = ColorModels.Ending(graph => ColorModels.QuantizedSoftmax(graph, scale, (byte)0), classes);

        var nearest = Math.Min(Math.Min(MathF.Round(1 / scale), 255) * scale, 1);
        Assert.Equal(nearest, ColorModels.ProbabilityOfRed(onnx), (scale / 2) + 1e-5f);
        Assert.Equal(nearest, ColorModels.ProbabilityOfRed(onnx, Stated.Probabilities), (scale / 2) + 1e-5f);
        Assert.Equal(OutputKind.Probabilities, ColorModels.Ask(onnx, null, model => model.OutputKind));
    }

    [Theory]
    [InlineData(10, 1f / 256)]
    [InlineData(1000, 0.0039f)]
    public void Classify_SoftmaxInSignedBytes_AnswersTheModelsProbability(int classes, float scale)
    {
        var onnx = ColorModels.Ending(graph => ColorModels.QuantizedSoftmax(graph, scale, (sbyte)-128), classes);

        Assert.Equal(255 * scale, ColorModels.ProbabilityOfRed(onnx), scale / 2);
    }

    [Fact]
    public void Classify_SoftmaxThatIsQuantizedAtOnce_AnswersTheModelsProbability()
    {
        // In the operator format of ONNX Runtime's quantiser.
        var onnx = ColorModels.Ending(
            graph =>
            {
                graph.Initializer("scale_z", [20f / 255]);
                graph.Initializer("scale_p", [1f / 256]);
                graph.Initializer<byte>("zero", [0]);
                graph.Node("QuantizeLinear", ["z", "scale_z", "zero"], "qz");
                graph.Node(
                    "QLinearSoftmax", ["qz", "scale_z", "zero", "scale_p", "zero"], "q", ("axis", -1L), ("opset", 13L));
                graph.Node("DequantizeLinear", ["q", "scale_p", "zero"], "scores");
            },
            classes: 1000);

        Assert.Equal(255f / 256, ColorModels.ProbabilityOfRed(onnx), 1f / 256);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Classify_SoftmaxBetweenQuantizersOfSignedBytes_AnswersTheModelsProbability(bool isDequantized)
    {
        // ONNX Runtime makes one operator of the three, which answered the surest class as 0 in some releases (issue
        // 29727).
        var onnx = ColorModels.Ending(
            graph =>
            {
                graph.Initializer("scale_z", [20f / 127]);
                graph.Initializer<sbyte>("zero_z", [0]);
                graph.Node("QuantizeLinear", ["z", "scale_z", "zero_z"], "qz");
                graph.Node("DequantizeLinear", ["qz", "scale_z", "zero_z"], "dz");
                graph.Node("Softmax", ["dz"], "p", ("axis", -1L));
                graph.Initializer("scale", [1f / 256]);
                graph.Initializer<sbyte>("zero", [-128]);
                graph.Node("QuantizeLinear", ["p", "scale", "zero"], isDequantized ? "q" : "scores");
                if (isDequantized)
                {
                    graph.Node("DequantizeLinear", ["q", "scale", "zero"], "scores");
                }
            },
            output: isDequantized ? DataType.Float : DataType.Int8);

        Assert.Equal(255f / 256, ColorModels.ProbabilityOfRed(onnx), 1f / 256);
    }

    [Fact]
    public void Classify_SoftmaxOfSignedBytesThatIsQuantizedAtOnce_AnswersTheModelsProbability()
    {
        var onnx = ColorModels.Ending(
            graph =>
            {
                graph.Initializer("scale_z", [20f / 127]);
                graph.Initializer<sbyte>("zero_z", [0]);
                graph.Initializer("scale", [1f / 256]);
                graph.Initializer<sbyte>("zero", [-128]);
                graph.Node("QuantizeLinear", ["z", "scale_z", "zero_z"], "qz");
                graph.Node(
                    "QLinearSoftmax", ["qz", "scale_z", "zero_z", "scale", "zero"], "scores", ("axis", -1L),
                    ("opset", 13L));
            },
            output: DataType.Int8);

        Assert.Equal(255f / 256, ColorModels.ProbabilityOfRed(onnx), 1f / 256);
    }

    [Fact]
    public void Classify_QuantizedLogits_AreLogits()
    {
        var onnx = ColorModels.Ending(graph => ColorModels.Quantize(graph, "z", ColorModels.Gain / 255, (byte)0));

        Assert.Equal(1, ColorModels.ProbabilityOfRed(onnx), 1e-6f);
        Assert.Equal(OutputKind.Logits, ColorModels.Ask(onnx, null, model => model.OutputKind));
    }

    [Fact]
    public void Classify_DynamicallyQuantizedSoftmax_AnswersTheModelsProbability()
    {
        var onnx = ColorModels.Ending(
            graph =>
            {
                graph.Node("Softmax", ["z"], "p", ("axis", -1L));
                graph.Node("DynamicQuantizeLinear", ["p"], ["q", "scale", "zero"]);
                graph.Node("DequantizeLinear", ["q", "scale", "zero"], "scores");
            },
            classes: 1000);

        Assert.Equal(1, ColorModels.ProbabilityOfRed(onnx), 4e-3f);
    }

    [Fact]
    public void Classify_ProbabilitiesRoundedToDecimals_AreProbabilities()
    {
        var onnx = ColorModels.Ending(
            graph =>
            {
                graph.Initializer("thousand", [1000f]);
                graph.Node("Mul", [graph.Node("Softmax", ["z"], "p", ("axis", -1L)), "thousand"], "many");
                graph.Node("Div", [graph.Node("Round", ["many"], "whole"), "thousand"], "scores");
            },
            classes: 1000);

        Assert.Equal(1, ColorModels.ProbabilityOfRed(onnx), 1e-3f);
    }

    [Fact]
    public void Load_CoarseScoresOfUnknownKind_AreRejectedUnlessDeclared()
    {
        // A softmax under another name: with a thousand classes, steps of 1/256 hide the sum.
        var onnx = ColorModels.Ending(
            graph =>
            {
                graph.Node("Exp", ["z"], "e");
                graph.Node("ReduceSum", ["e", graph.Initializer<long>("axes", [1], 1)], "sum");
                graph.Node("Div", ["e", "sum"], "p");
                graph.Initializer("steps", [256f]);
                graph.Node(
                    "Div", [graph.Node("Round", [graph.Node("Mul", ["p", "steps"], "many")], "whole"), "steps"],
                    "scores");
            },
            classes: 1000);

        Assert.Contains("too coarse", ColorModels.Rejection(onnx), StringComparison.Ordinal);
        Assert.Equal(1, ColorModels.ProbabilityOfRed(onnx, Stated.Probabilities), 4e-3f);
    }
}
