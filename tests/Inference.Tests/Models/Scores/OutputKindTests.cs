using Google.Protobuf;
using Onnx;
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
    private const string SaysProbabilities = """{"output": {"kind": "probabilities"}}""";
    private const string SaysLogarithms = """{"output": {"kind": "log-probabilities"}}""";
    private const string SaysLogits = """{"output": {"kind": "logits"}}""";

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
        Assert.Equal(nearest, ColorModels.ProbabilityOfRed(onnx, SaysProbabilities), (scale / 2) + 1e-5f);
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

    [Fact]
    public void Classify_QuantizedLogits_AreLogits()
    {
        var onnx = ColorModels.Ending(graph => ColorModels.Quantize(graph, "z", ColorModels.Gain / 255, (byte)0));

        Assert.Equal(1, ColorModels.ProbabilityOfRed(onnx), 1e-6f);
        Assert.Equal(OutputKind.Logits, ColorModels.Ask(onnx, null, model => model.OutputKind));
    }

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

    [Theory]
    [InlineData(-1e-7f, null)]
    [InlineData(1e-7f, null)]
    [InlineData(-5e-4f, SaysProbabilities)]
    [InlineData(5e-4f, SaysProbabilities)]
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
    public void Load_Sigmoids_AreRefusedByName()
    {
        var onnx = Sigmoids();

        Assert.Contains("ends in Sigmoid", ColorModels.Refusal(onnx), StringComparison.Ordinal);
        var refusal = ColorModels.Refusal(onnx, SaysProbabilities);
        Assert.Contains("output.kind", refusal, StringComparison.Ordinal);
        Assert.Contains("sum to", refusal, StringComparison.Ordinal);
        Assert.Contains("Sigmoid", refusal, StringComparison.Ordinal);
        Assert.Contains("sum to", ColorModels.Refusal(LogSigmoids(), SaysLogarithms), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_SigmoidsInBytes_AreRefusedByName()
    {
        var onnx = ColorModels.Ending(
            graph => ColorModels.Quantize(graph, graph.Node("Sigmoid", ["z"], "p"), 1f / 256, (byte)0), classes: 1000);

        Assert.Contains("ends in Sigmoid", ColorModels.Refusal(onnx), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_SoftmaxOfPart_IsRefused()
    {
        var onnx = ColorModels.Ending(
            graph =>
            {
                graph.Node("Unsqueeze", ["z", graph.Initializer<long>("last", [2], 1)], "column");
                graph.Node("Flatten", [graph.Node("Softmax", ["column"], "ones", ("axis", -1L))], "scores");
            });

        Assert.Contains("sum to 4 instead of 1", ColorModels.Refusal(onnx), StringComparison.Ordinal);
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

    public static TheoryData<string, byte[]> Disguises => new()
    {
        { "a hair off", Disguised(graph => graph.Node("Sub", ["s", graph.Initializer("hair", [1e-6f])], "scores")) },
        { "times one", Disguised(graph => graph.Node("Mul", ["s", graph.Initializer("one", [1f])], "scores")) },
        { "at least zero", Disguised(graph => graph.Node("Max", ["s", graph.Initializer("least", [0f])], "scores")) },
        { "largest of several", Disguised(graph => graph.Node("Max", ["s", "s"], "scores")) },
        { "by its formula", ColorModels.Ending(
            graph =>
            {
                graph.Initializer("one", [1f]);
                graph.Node("Add", [graph.Node("Exp", [graph.Node("Neg", ["z"], "n")], "e"), "one"], "d");
                graph.Node("Div", ["one", "d"], "scores");
            },
            gain: 2) },
        { "by a tangent", ColorModels.Ending(
            graph =>
            {
                graph.Initializer("one", [1f]);
                graph.Initializer("half", [0.5f]);
                graph.Node("Mul", [graph.Node("Add", [graph.Node("Tanh", ["z"], "t"), "one"], "d"), "half"], "scores");
            },
            gain: 2) },
    };

    [Theory]
    [MemberData(nameof(Disguises))]
    public void Load_SigmoidInDisguise_IsRefused(string what, byte[] onnx)
    {
        Assert.NotEmpty(what);
        Assert.Contains("a probability of its own", ColorModels.Refusal(onnx), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("aten_sigmoid")]
    [InlineData("head")]
    public void Load_SigmoidInAFunction_IsRefusedByName(string name)
    {
        var model = ModelProto.Parser.ParseFrom(
            ColorModels.Ending(graph => graph.Node(name, ["z"], "scores"), gain: 1));
        model.Graph.Node[^1].Domain = "functions";
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "functions", Version = 1 });
        var function = new FunctionProto { Name = name, Domain = "functions", Input = { "x" }, Output = { "y" } };
        function.Node.Add(new NodeProto { OpType = "Sigmoid", Input = { "x" }, Output = { "y" } });
        function.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = 17 });
        model.Functions.Add(function);

        Assert.Contains("ends in Sigmoid", ColorModels.Refusal(model.ToByteArray()), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_Percentages_AreRefusedUnlessDeclaredAsLogits()
    {
        var onnx = ColorModels.Ending(graph =>
        {
            graph.Initializer("hundred", [100f]);
            graph.Node("Mul", [graph.Node("Softmax", ["z"], "p", ("axis", -1L)), "hundred"], "scores");
        });

        Assert.Contains("probabilities times 100", ColorModels.Refusal(onnx), StringComparison.Ordinal);
        Assert.Equal(OutputKind.Logits, ColorModels.Ask(onnx, SaysLogits, model => model.OutputKind));
    }

    [Fact]
    public void Load_NegativeLogarithms_AreRefused()
    {
        var onnx = ColorModels.Ending(graph =>
            graph.Node("Neg", [graph.Node("LogSoftmax", ["z"], "l", ("axis", -1L))], "scores"));

        Assert.Contains("the smallest is the best", ColorModels.Refusal(onnx), StringComparison.Ordinal);
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
    public void Load_ManifestSaysLogitsOfAnEnding_IsBelievedWithANote(string operation)
    {
        var onnx = ColorModels.Ending(graph => graph.Node(operation, ["z"], "scores"));

        Assert.Contains(
            ColorModels.Ask(onnx, SaysLogits, model => model.Notes),
            note => note.Contains($"ends in {operation}", StringComparison.Ordinal));
        Assert.Equal(OutputKind.Logits, ColorModels.Ask(onnx, SaysLogits, model => model.OutputKind));
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
    public void Load_CoarseScoresOfUnknownKind_AreRefusedUnlessDeclared()
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

        Assert.Contains("too coarse", ColorModels.Refusal(onnx), StringComparison.Ordinal);
        Assert.Equal(1, ColorModels.ProbabilityOfRed(onnx, SaysProbabilities), 4e-3f);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(SaysLogits)]
    [InlineData(SaysProbabilities)]
    public void Load_NothingButNaN_IsRefused(string? manifest)
    {
        var onnx = ColorModels.Ending(
            graph =>
            {
                graph.Initializer("nothing", [0f]);
                graph.Node("Mul", [graph.Node("Div", ["z", "nothing"], "infinite"), "nothing"], "scores");
            });

        Assert.Contains(
            "NaN or infinity for each of 8 warm-up images", ColorModels.Refusal(onnx, manifest),
            StringComparison.Ordinal);
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

    private static byte[] Sigmoids() => ColorModels.Ending(
        graph =>
        {
            graph.Initializer("bias", [-6f]);
            graph.Node("Sigmoid", [graph.Node("Add", ["z", "bias"], "shifted")], "scores");
        });

    private static byte[] LogSigmoids() => ColorModels.Ending(
        graph => graph.Node("Log", [graph.Node("Sigmoid", ["z"], "p")], "scores"), gain: 1);

    private static byte[] Disguised(Action<OnnxGraphBuilder> ending) => ColorModels.Ending(
        graph =>
        {
            graph.Node("Sigmoid", ["z"], "s");
            ending(graph);
        },
        gain: 2);

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
