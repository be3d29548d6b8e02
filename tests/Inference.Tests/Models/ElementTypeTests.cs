using SkiaSharp;
using SoftmaxService.Inference.Calibration;
using SoftmaxService.OnnxSchema;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.Inference.Tests.Models;

/// <summary>Inputs and scores of other types than 32-bit floats.</summary>
public sealed class ElementTypeTests
{
    private static readonly byte[] Image = EncodedImages.Encode(4, 4, (x, y) => (x, y) switch
    {
        (0, 0) => new SKColor(51, 51, 51),
        (1, 0) => new SKColor(204, 204, 204),
        (2, 0) => new SKColor(255, 255, 255),
        _ => SKColors.Black,
    });

    public static TheoryData<DataType, string?, float[], string?> Inputs => new()
    {
        { DataType.Double, null, [0.2f, 0.8f, 1f], null },
        { DataType.Int32, null, [51, 204, 255], null },
        { DataType.Int64, null, [51, 204, 255], null },
        { DataType.Int8, null, [-77, 76, 127], "pixels minus 128" },
        { DataType.Int8, """{"input": {"scale": 1, "mean": [100]}}""", [-49, 104, 127], null },
        { DataType.Int32, """{"input": {"scale": 2, "mean": [1]}}""", [101, 407, 509], null },
    };

    [Theory]
    [MemberData(nameof(Inputs))]
    public void Classify_InputOfAnyType_GetsThePixels(DataType type, string? manifest, float[] expected, string? note)
    {
        var onnx = Picking(type);

        Assert.Equal(
            expected,
            ColorModels.Ask(onnx, manifest, model => ImageClassifier.Classify(model, Image, new ClassificationOptions())
                .Predictions.OrderBy(one => one.Index)
                .Select(one => one.Logit)
                .ToArray()),
            (left, right) => Math.Abs(left - right) < 1e-5f);
        var notes = ColorModels.Ask(onnx, manifest, model => model.Notes);
        Assert.Equal(
            note is not null, notes.Any(one => one.Contains(note ?? "signed bytes", StringComparison.Ordinal)));
    }

    /// <summary>A maker's scaling is for floats; applied to whole numbers it would leave two or three.</summary>
    [Theory]
    [InlineData(DataType.Uint8)]
    [InlineData(DataType.Int32)]
    public void Load_MakersScalingBesideAGraphOfIntegers_IsPassedOverWithAWarning(DataType type)
    {
        using var folder = new ModelFolder().With("a/1", Picking(type));
        File.WriteAllText(Path.Combine(folder.Path, "a/1/preprocessor_config.json"), """
            { "do_rescale": true, "rescale_factor": 0.00392156862745098, "do_normalize": true, "image_mean": [0.5],
              "image_std": [0.5] }
            """);
        using var repository = folder.Load();
        var model = repository.Current.Find("a", null);

        var logits = ImageClassifier.Classify(model, Image, new ClassificationOptions())
            .Predictions.OrderBy(one => one.Index).Select(one => one.Logit);

        Assert.Equal([51, 204, 255], logits);
        Assert.Contains(model.Warnings, warning =>
            warning.StartsWith("preprocessor_config.json: image_mean", StringComparison.Ordinal)
            && warning.Contains("it gets pixels as they are", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{"input": {"scale": 0.00392156862745098}}""", "model.json: input.scale leaves 2 of 256 levels")]
    [InlineData("""{"input": {"scale": 0.5}}""", null)]
    public void Load_FewLevelsOfIntegers_AreAWarning(string manifest, string? expected)
    {
        var warnings = ColorModels.Ask(Picking(DataType.Uint8), manifest, model => model.Warnings);

        Assert.Equal(
            expected is not null,
            warnings.Any(warning => warning.Contains(expected ?? "256 levels", StringComparison.Ordinal)));
    }

    [Fact]
    public void Classify_ScoresOfDoubles_Answers()
    {
        var onnx = ColorModels.Ending(
            graph => graph.Node(
                "Softmax", [graph.Node("Cast", ["z"], "wide", ("to", (long)DataType.Double))], "scores", ("axis", -1L)),
            gain: 1f, output: DataType.Double);

        Assert.Equal(Math.E / (Math.E + 3), ColorModels.ProbabilityOfRed(onnx), 1e-6);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void Classify_ProbabilitiesInBytes_AnswersTheModelsProbability(bool isSigned, bool isReshaped)
    {
        var onnx = ColorModels.Ending(
            graph =>
            {
                graph.Node("Softmax", ["z"], "p", ("axis", -1L));
                graph.Initializer("scale", [1f / 255]);
                _ = isSigned ? graph.Initializer("zero", [(sbyte)-128]) : graph.Initializer("zero", [(byte)0]);
                graph.Node("QuantizeLinear", ["p", "scale", "zero"], isReshaped ? "q" : "scores");
                if (isReshaped)
                {
                    graph.Node("Reshape", ["q", graph.Initializer<long>("shape", [-1, 4], 2)], "scores");
                }
            },
            gain: 2f, output: isSigned ? DataType.Int8 : DataType.Uint8);

        var expected = Math.Exp(2) / (Math.Exp(2) + 3);
        Assert.Equal(expected, ColorModels.ProbabilityOfRed(onnx), 2.0 / 255);
        Assert.Equal(
            OutputKind.Probabilities,
            ColorModels.Ask(onnx, null, model => model.OutputKind));
    }

    [Fact]
    public async Task ClassifyTensors_LogitsInBytes_AreScaledAndTheGraphsOutputIsNot()
    {
        var onnx = ColorModels.Ending(
            graph =>
            {
                graph.Initializer("scale", [0.1f]);
                graph.Initializer("zero", [(byte)7]);
                graph.Node("QuantizeLinear", ["z", "scale", "zero"], "scores");
            },
            output: DataType.Uint8);
        using var folder = new ModelFolder().With("a/1", onnx);
        using var repository = folder.Load();
        Assert.Equal([], repository.Current.Failures.Select(failure => failure.Reason));

        var answer = await TensorClassifier.ClassifyAsync(
            repository.Current.Find("a", null),
            new TensorRequest { Images = [ColorModels.Red], Count = 1, GraphOutputs = ["scores"] },
            CancellationToken.None);

        Assert.Equal([20f, 0f, 0f, 0f], answer.Logits, (left, right) => Math.Abs(left - right) < 1e-5f);
        Assert.Equal([207, 7, 7, 7], answer.GraphOutputs[0].Bytes);
        Assert.Equal("uint8", answer.GraphOutputs[0].ElementType);
    }

    [Fact]
    public void Load_BytesWithoutAScale_AreRejected()
    {
        var onnx = ColorModels.Ending(
            graph => graph.Node("Cast", ["z"], "scores", ("to", (long)DataType.Uint8)), output: DataType.Uint8);

        Assert.Contains(
            "output 'scores' holds uint8; a tensor of float, float16 or double is needed, or one of uint8 or int8 that "
            + "a QuantizeLinear with a constant scale makes",
            ColorModels.Rejection(onnx), StringComparison.Ordinal);
    }

    /// <summary>Class k's logit is the input's element k.</summary>
    private static byte[] Picking(DataType type)
    {
        var graph = new OnnxGraphBuilder("picking");
        var input = graph.Input("image", type, "batch", 1, 4, 4);
        graph.Node("Cast", [input], "floats", ("to", (long)DataType.Float));
        graph.Node("Reshape", ["floats", graph.Initializer<long>("shape", [-1, 16], 2)], "flat");
        var weights = new float[48];
        for (var k = 0; k < 3; k++)
        {
            weights[(k * 3) + k] = 1f;
        }

        graph.Node("MatMul", ["flat", graph.Initializer("weights", weights, 16, 3)], "scores");
        graph.Output("scores", DataType.Float, "batch", 3);
        return graph.ToByteArray();
    }
}
