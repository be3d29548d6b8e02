using SoftmaxService.Inference.Calibration;
using SoftmaxService.Inference.Faults;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.Inference.Tests.Models.Scores;

/// <summary>Probabilities that are rounded to 0, of few bits, or slightly outside of 0…1.</summary>
public sealed class ProbabilityPrecisionTests
{
    [Fact]
    public void Classify_ProbabilitiesRoundedToZero_AreBoundedByThePrecision()
    {
        // 255/256 leave 1/256 for the others: half a step for each of two.
        var three = ColorModels.ClassifyRed(
            ColorModels.Ending(graph => ColorModels.QuantizedSoftmax(graph, 1f / 256, (byte)0), classes: 3));
        Assert.All(three.Predictions.Skip(1), one => Assert.Equal(Math.Log(1.0 / 512), one.Logit, 1e-4));

        // The 999 others share it.
        var many = ColorModels.ClassifyRed(
            ColorModels.Ending(graph => ColorModels.QuantizedSoftmax(graph, 1f / 256, (byte)0), classes: 1000));
        Assert.All(many.Predictions.Skip(1), one => Assert.Equal(Math.Log(1.0 / 256 / 999), one.Logit, 1e-3));

        // A half rounds to zero below 2^-25, and a float below 2^-150.
        var half = ColorModels.ClassifyRed(ColorModels.Ending(
            graph => graph.Node(
                "Cast", [graph.Node("Softmax", ["z"], "p", ("axis", -1L))], "scores", ("to", (long)DataType.Float16)),
            gain: 40,
            output: DataType.Float16));
        Assert.All(
            half.Predictions.Skip(1),
            one => Assert.InRange(one.Logit, -25.01 * Math.Log(2) - Math.Log(3), -25 * Math.Log(2) + 1e-3));
        var single = ColorModels.ClassifyRed(
            ColorModels.Ending(graph => graph.Node("Softmax", ["z"], "scores", ("axis", -1L)), gain: 400));
        Assert.All(
            single.Predictions.Skip(1), one => Assert.InRange(one.Logit, -151.6 * Math.Log(2), -149.9 * Math.Log(2)));
    }

    [Fact]
    public void Classify_HalvesThatBecameFloats_AreBoundedAsHalves()
    {
        var onnx = ColorModels.Ending(
            graph =>
            {
                graph.Node(
                    "Cast", [graph.Node("Softmax", ["z"], "p", ("axis", -1L))], "half", ("to", (long)DataType.Float16));
                graph.Node("Cast", ["half"], "scores", ("to", (long)DataType.Float));
            },
            classes: 10,
            gain: 40);

        Assert.All(ColorModels.ClassifyRed(onnx).Predictions.Skip(1), one => Assert.InRange(one.Logit, -21, -17));
    }

    [Fact]
    public void Classify_LogarithmOfZero_IsBoundedByThePrecision()
    {
        var onnx = ColorModels.Ending(
            graph => graph.Node("Log", [graph.Node("Softmax", ["z"], "p", ("axis", -1L))], "scores"), gain: 400);

        var answer = ColorModels.ClassifyRed(onnx);

        Assert.All(answer.Predictions.Skip(1), one => Assert.Equal(-150 * Math.Log(2), one.Logit, 1e-3));
        Assert.Equal(OutputKind.LogProbabilities, ColorModels.Ask(onnx, null, model => model.OutputKind));
    }

    [Theory]
    [InlineData(-1e-7f, null)]
    [InlineData(1e-7f, null)]
    [InlineData(-5e-4f, Stated.Probabilities)]
    [InlineData(5e-4f, Stated.Probabilities)]
    public void Classify_ProbabilitiesAHairOutside_AreClamped(float hair, string? manifest)
    {
        var onnx = ColorModels.Ending(
            graph =>
            {
                graph.Initializer("hair", [hair]);
                graph.Node("Add", [graph.Node("Softmax", ["z"], "p", ("axis", -1L)), "hair"], "scores");
            },
            gain: 40);

        Assert.Equal(1, ColorModels.ProbabilityOfRed(onnx, manifest), 2e-3f);
        Assert.Equal(OutputKind.Probabilities, ColorModels.Ask(onnx, manifest, model => model.OutputKind));
    }

    [Theory]
    [InlineData(-1e-6f)]
    [InlineData(-1e-5f)]
    [InlineData(1e-6f)]
    public void Classify_ManyProbabilitiesAHairOutside_AreProbabilities(float hair)
    {
        var onnx = ColorModels.Ending(
            graph =>
            {
                graph.Initializer("hair", [hair]);
                graph.Node("Add", [graph.Node("Softmax", ["z"], "p", ("axis", -1L)), "hair"], "scores");
            },
            classes: 1000,
            gain: 40);

        Assert.Equal(1, ColorModels.ProbabilityOfRed(onnx), 1e-3f);
    }

    [Fact]
    public void Classify_ProbabilitiesRoundedToBFloat16_AreProbabilities()
    {
        var onnx = ColorModels.Ending(
            graph =>
            {
                graph.Node(
                    "Cast", [graph.Node("Softmax", ["z"], "p", ("axis", -1L))], "short",
                    ("to", (long)DataType.Bfloat16));
                graph.Node("Cast", ["short"], "scores", ("to", (long)DataType.Float));
            },
            classes: 7,
            gain: 2);

        var expected = Math.Exp(2) / (Math.Exp(2) + 6);
        Assert.Equal(OutputKind.Probabilities, ColorModels.Ask(onnx, null, model => model.OutputKind));
        Assert.Equal(expected, ColorModels.ProbabilityOfRed(onnx), 4e-3);
    }

    [Fact]
    public void Classify_ScoreThatIsNotAProbability_IsAFault()
    {
        // Red is more certain than any warm-up image, so its score becomes 1.5.
        var onnx = ColorModels.Ending(
            graph =>
            {
                graph.Initializer("half", [0.5f]);
                graph.Initializer("limit", [0.9985f]);
                graph.Node("Softmax", ["z"], "p", ("axis", -1L));
                graph.Node(
                    "Cast", [graph.Node("Greater", ["p", "limit"], "is_sure")], "sure", ("to", (long)DataType.Float));
                graph.Node("Add", ["p", graph.Node("Mul", ["sure", "half"], "more")], "scores");
            },
            gain: 8);

        var fault = Assert.Throws<InferenceException>(() => ColorModels.ClassifyRed(onnx));

        Assert.Equal(InferenceError.ModelOutputNotFinite, fault.Error);
        Assert.Contains("gave 1.499 for a class", fault.Message, StringComparison.Ordinal);
    }
}
