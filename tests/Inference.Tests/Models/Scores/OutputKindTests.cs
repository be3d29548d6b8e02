using SoftmaxService.Inference.Calibration;
using SoftmaxService.Inference.Faults;
using SoftmaxService.OnnxSchema;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.Inference.Tests.Models.Scores;

/// <summary>
/// How a model's output is interpreted. A wrong guess would silently give wrong probabilities.
/// </summary>
public sealed class OutputKindTests
{
    [Fact]
    public void Load_SoftmaxOfPart_IsRejected()
    {
        var onnx = ColorModels.Ending(
            graph =>
            {
                graph.Node("Unsqueeze", ["z", graph.Initializer<long>("last", [2], 1)], "column");
                graph.Node("Flatten", [graph.Node("Softmax", ["column"], "ones", ("axis", -1L))], "scores");
            });

        Assert.Contains("sum to 4 instead of 1", ColorModels.Rejection(onnx), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_Percentages_AreRejectedUnlessDeclaredAsLogits()
    {
        var onnx = ColorModels.Ending(graph =>
        {
            graph.Initializer("hundred", [100f]);
            graph.Node("Mul", [graph.Node("Softmax", ["z"], "p", ("axis", -1L)), "hundred"], "scores");
        });

        Assert.Contains("probabilities times 100", ColorModels.Rejection(onnx), StringComparison.Ordinal);
        Assert.Equal(OutputKind.Logits, ColorModels.Ask(onnx, Stated.Logits, model => model.OutputKind));
    }

    [Fact]
    public void Load_NegativeLogarithms_AreRejected()
    {
        var onnx = ColorModels.Ending(graph =>
            graph.Node("Neg", [graph.Node("LogSoftmax", ["z"], "l", ("axis", -1L))], "scores"));

        Assert.Contains("the smallest is the best", ColorModels.Rejection(onnx), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NothingButZeroAndOne_HasANote()
    {
        var onnx = ColorModels.Ending(graph =>
        {
            graph.Node("ArgMax", ["z"], "winner", ("axis", -1L), ("keepdims", 0L));
            graph.Node(
                "OneHot", ["winner", graph.Initializer<long>("depth", [4]), graph.Initializer("values", [0f, 1f], 2)],
                "scores");
        });

        Assert.Contains(
            ColorModels.Ask(onnx, null, model => model.Notes),
            note => note.Contains("exactly 0 or 1", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Sigmoid")]
    [InlineData("Softmax")]
    public void Load_ManifestSaysLogitsOfAnEnding_IsAcceptedWithANote(string operation)
    {
        var onnx = ColorModels.Ending(graph => graph.Node(operation, ["z"], "scores"));

        Assert.Contains(
            ColorModels.Ask(onnx, Stated.Logits, model => model.Notes),
            note => note.Contains($"ends in {operation}", StringComparison.Ordinal));
        Assert.Equal(OutputKind.Logits, ColorModels.Ask(onnx, Stated.Logits, model => model.OutputKind));
    }

    [Fact]
    public void Load_LogitsFromZeroToOne_HaveANote()
    {
        var onnx = ColorModels.Ending(graph => graph.Node("Identity", ["z"], "scores"), gain: 1);

        Assert.Contains(
            ColorModels.Ask(onnx, null, model => model.Notes),
            note => note.Contains("taken for logits", StringComparison.Ordinal));
        Assert.Equal(OutputKind.Logits, ColorModels.Ask(onnx, null, model => model.OutputKind));
    }

    [Fact]
    public void Classify_GraphThatStandardizesItsInput_IsJudgedByImagesThatGiveNumbers()
    {
        // Black and white have no deviation: 0/0.
        var onnx = Standardizing();

        var answer = ColorModels.ClassifyRed(onnx);

        Assert.Equal(OutputKind.Probabilities, ColorModels.Ask(onnx, null, model => model.OutputKind));
        Assert.Contains(
            ColorModels.Ask(onnx, null, model => model.Notes),
            note => note.Contains("2 of 8 warm-up images", StringComparison.Ordinal));

        // Only red: mean 1/3, deviation √2/3, so the channels are √2, −1/√2 and −1/√2, times the gain of 2.
        var expected = 1 / (1 + (2 * Math.Exp(2 * (-Math.Sqrt(0.5) - Math.Sqrt(2)))));
        Assert.Equal(expected, answer.Predictions[0].Probability, 1e-5);
    }

    [Fact]
    public void Classify_NaNThatAQuantizerRounds_IsNeitherEvidenceNorAnAnswer()
    {
        var onnx = Standardizing(quantized: true);

        Assert.Equal(OutputKind.Probabilities, ColorModels.Ask(onnx, null, model => model.OutputKind));
        Assert.InRange(ColorModels.ProbabilityOfRed(onnx), 0.9f, 1f);
        var black = EncodedImages.Encode(4, 4, (_, _) => SkiaSharp.SKColors.Black);
        var fault = Assert.Throws<InferenceException>(() =>
            ColorModels.Ask(onnx, null, model => ImageClassifier.Classify(model, black, new ClassificationOptions())));
        Assert.Contains("sum to", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(Stated.Logits)]
    [InlineData(Stated.Probabilities)]
    public void Load_NothingButNaN_IsRejected(string? manifest)
    {
        var onnx = ColorModels.Ending(
            graph =>
            {
                graph.Initializer("nothing", [0f]);
                graph.Node("Mul", [graph.Node("Div", ["z", "nothing"], "infinite"), "nothing"], "scores");
            });

        Assert.Contains(
            "NaN or infinity for each of 8 warm-up images", ColorModels.Rejection(onnx, manifest),
            StringComparison.Ordinal);
    }

    private static byte[] Standardizing(bool quantized = false)
    {
        var graph = new OnnxGraphBuilder("standardizing");
        var image = graph.Input("image", DataType.Float, "batch", 3, 4, 4);
        var mean = graph.Node("ReduceMean", [image], "mean", ("axes", new long[] { 1, 2, 3 }), ("keepdims", 1L));
        var centred = graph.Node("Sub", [image, mean], "centred");
        var variance = graph.Node(
            "ReduceMean", [graph.Node("Mul", [centred, centred], "squares")], "variance",
            ("axes", new long[] { 1, 2, 3 }), ("keepdims", 1L));
        var standard = graph.Node("Div", [centred, graph.Node("Sqrt", [variance], "deviation")], "standard");
        graph.Node("Flatten", [graph.Node("GlobalAveragePool", [standard], "pooled")], "flat");
        graph.Node("Mul", ["flat", graph.Initializer("gain", [2f])], "z");
        if (quantized)
        {
            ColorModels.QuantizedSoftmax(graph, 1f / 256, (byte)0);
        }
        else
        {
            graph.Node("Softmax", ["z"], "scores", ("axis", -1L));
        }

        graph.Output("scores", DataType.Float, "batch", 3);
        return graph.ToByteArray();
    }
}
