using SoftmaxService.Inference.Imaging;
using SoftmaxService.OnnxSchema;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.Inference.Tests.Models;

/// <summary>Graphs that leave the size of an image open.</summary>
public sealed class OpenSizeTests
{
    private const string PaddleDirection = """
        {
            "input": { "height": 48, "width": 192, "color": "bgr", "mean": [0.5], "std": [0.5], "resize": "fit" },
            "labels": ["0", "180"]
        }
        """;

    [Fact]
    public void Classify_OpenHeightAndWidth_Assumes224AndSaysSo()
    {
        var onnx = Pooling(["n", 3, "h", "w"], channelAxis: 1);

        Assert.Equal(1, ColorModels.ProbabilityOfRed(onnx), 1e-6f);
        Assert.Equal(
            (224, 224, TensorLayout.ChannelsFirst),
            ColorModels.Ask(onnx, null, model => (model.Input.Height, model.Input.Width, model.Input.Layout)));
        Assert.Contains(
            "The graph leaves height and width of input 'image' [?, 3, ?, ?] open: 224 × 224 pixels are assumed.",
            ColorModels.Ask(onnx, null, model => string.Join(" ", model.Warnings)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, TensorLayout.ChannelsFirst, "NCHW")]
    [InlineData(3, TensorLayout.ChannelsLast, "NHWC")]
    public void Classify_FourOpenAxes_TakesTheLayoutThatRuns(int channelAxis, TensorLayout layout, string name)
    {
        var onnx = Pooling(["n", "a", "b", "c"], channelAxis);

        Assert.Equal(1, ColorModels.ProbabilityOfRed(onnx), 1e-6f);
        Assert.Equal(
            (3, 224, 224, layout),
            ColorModels.Ask(
                onnx, null,
                model => (model.Input.Channels, model.Input.Height, model.Input.Width, model.Input.Layout)));
        Assert.Contains(
            $"[?, ?, ?, ?] open: {name} with 3 channel(s) and 224 × 224 pixels are assumed",
            ColorModels.Ask(onnx, null, model => string.Join(" ", model.Warnings)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, TensorLayout.ChannelsFirst)]
    [InlineData(3, TensorLayout.ChannelsLast)]
    public void Load_FourOpenAxesAndStatedSizes_TakesTheLayoutThatRuns(int channelAxis, TensorLayout layout)
    {
        var onnx = Pooling(["n", "a", "b", "c"], channelAxis);
        const string Sizes = """{"input": {"channels": 3, "height": 32, "width": 32}}""";

        Assert.Equal(1, ColorModels.ProbabilityOfRed(onnx, Sizes), 1e-6f);
        Assert.Equal(
            (layout, "the graph runs in no other layout"),
            ColorModels.Ask(onnx, Sizes, model => (model.Input.Layout, model.Sources["input.layout"])));
        Assert.DoesNotContain(
            ColorModels.Ask(onnx, Sizes, model => model.Warnings),
            warning => warning.Contains("axes of input", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", TensorLayout.ChannelsFirst, "assumed", 1)]
    [InlineData(", \"layout\": \"NHWC\"", TensorLayout.ChannelsLast, "model.json: input.layout", 0)]
    public void Load_FourOpenAxesThatRunInBothLayouts_WarnsOfTheAssumption(
        string stated, TensorLayout layout, string source, int warnings)
    {
        var graph = new OnnxGraphBuilder("any layout");
        graph.Input("image", DataType.Float, "n", "a", "b", "c");
        graph.Node("Flatten", ["image"], "flat", ("axis", 1L));
        graph.Node("MatMul", ["flat", graph.Initializer("weights", new float[192 * 3], 192, 3)], "scores");
        graph.Output("scores", DataType.Float, "n", 3);
        var sizes = $$"""{"input": {"channels": 3, "height": 8, "width": 8 {{stated}} } }""";

        Assert.Equal(
            (layout, source, warnings),
            ColorModels.Ask(graph.ToByteArray(), sizes, model => (
                model.Input.Layout,
                model.Sources["input.layout"],
                model.Warnings.Count(warning => warning.Contains(
                    "[?, ?, ?, ?] open and runs in NCHW and in NHWC: NCHW is assumed", StringComparison.Ordinal)))));
    }

    [Fact]
    public void Load_FourOpenAxesOfSizesThatDoNotRun_SaysWhy()
    {
        var onnx = Pooling(["n", "a", "b", "c"], channelAxis: 1);

        Assert.Contains(
            "the warm-up run failed",
            ColorModels.Rejection(onnx, """{"input": {"channels": 1, "height": 32, "width": 32}}"""),
            StringComparison.Ordinal);
    }

    public static TheoryData<OnnxDimension[], int, (int, int, int), string> OneOpenAxis => new()
    {
        { ["n", 3, "h", 96], 1, (3, 96, 96), "height of input 'image' [?, 3, ?, 96] open: 96 pixels, as for the w" },
        { ["n", 3, 80, "w"], 1, (3, 80, 80), "width of input 'image' [?, 3, 80, ?] open: 80 pixels, as for the h" },
        { ["n", "h", 96, 3], 3, (3, 96, 96), "height of input 'image' [?, ?, 96, 3] open: 96 pixels" },
        { ["n", 48, "w", 3], 3, (3, 48, 48), "width of input 'image' [?, 48, ?, 3] open: 48 pixels" },
        { ["n", "c", 48, 64], 1, (3, 48, 64), "channels of input 'image' [?, ?, 48, 64] open: 3 channels, in NCHW" },
        { ["n", 48, 64, "c"], 3, (3, 48, 64), "channels of input 'image' [?, 48, 64, ?] open: 3 channels, in NHWC" },
    };

    [Theory]
    [MemberData(nameof(OneOpenAxis))]
    public void Classify_OneOpenAxis_IsAssumedWithAWarning(
        OnnxDimension[] shape, int channelAxis, (int, int, int) sizes, string warning)
    {
        var onnx = Pooling(shape, channelAxis);

        Assert.Equal(1, ColorModels.ProbabilityOfRed(onnx), 1e-6f);
        Assert.Equal(
            sizes,
            ColorModels.Ask(onnx, null, model => (model.Input.Channels, model.Input.Height, model.Input.Width)));
        Assert.Contains(
            ColorModels.Ask(onnx, null, model => model.Warnings),
            one => one.Contains(warning, StringComparison.Ordinal)
                && one.Contains(" assumed. If the model was trained on another", StringComparison.Ordinal));
    }

    [Fact]
    public void Classify_OneOpenAxisThatTheManifestStates_IsNoAssumption()
    {
        var onnx = Pooling(["n", 3, "h", 96], channelAxis: 1);
        const string Manifest = """{"input": {"height": 48}}""";

        Assert.Equal(48, ColorModels.Ask(onnx, Manifest, model => model.Input.Height));
        Assert.DoesNotContain(
            ColorModels.Ask(onnx, Manifest, model => model.Warnings),
            warning => warning.Contains(" open: ", StringComparison.Ordinal));
    }

    [Fact]
    public void Load_OneOpenAxisThatIsNotAsAssumed_AsksForIt()
    {
        var graph = new OnnxGraphBuilder("picky");
        graph.Input("image", DataType.Float, "n", 3, "h", 8);
        graph.Node("Flatten", ["image"], "flat", ("axis", 1L));
        const int Pixels = 3 * 16 * 8;
        graph.Node("MatMul", ["flat", graph.Initializer("weights", new float[Pixels * 3], Pixels, 3)], "scores");
        graph.Output("scores", DataType.Float, "n", 3);
        var onnx = graph.ToByteArray();

        Assert.Contains(
            "leaves height of input 'image' [?, 3, ?, 8] open; say what they are in model.json, for example \"input\": "
            + "{ \"height\": 224 }",
            ColorModels.Rejection(onnx), StringComparison.Ordinal);
        Assert.Equal(16, ColorModels.Ask(onnx, """{"input": {"height": 16}}""", model => model.Input.Height));
    }

    [Fact]
    public void Load_FourOpenAxesOfNoLayoutThatRuns_ListsAllMissingSizes()
    {
        var graph = new OnnxGraphBuilder("picky");
        graph.Input("image", DataType.Float, "n", "c", "h", "w");
        graph.Node("Flatten", ["image"], "flat", ("axis", 1L));
        graph.Node("MatMul", ["flat", graph.Initializer("weights", new float[48], 16, 3)], "scores");
        graph.Output("scores", DataType.Float, "n", 3);

        var rejection = ColorModels.Rejection(graph.ToByteArray());

        Assert.Contains("channels, height, width", rejection, StringComparison.Ordinal);
        Assert.Contains("\"channels\": 3, \"height\": 224, \"width\": 224", rejection, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Classify_OpenAxesWithAManifest_TakesTheManifestsSize(bool hasOpenChannels)
    {
        // The direction of a line of text, as PaddleOCR's classifier sees it.
        var onnx = Pooling(["n", hasOpenChannels ? (OnnxDimension)"c" : 3, "h", "w"], channelAxis: 1, classes: 2);
        var manifest = hasOpenChannels
            ? PaddleDirection.Replace("\"color\"", "\"layout\": \"NCHW\", \"color\"", StringComparison.Ordinal)
            : PaddleDirection;

        var input = ColorModels.Ask(onnx, manifest, model => model.Input);

        Assert.Equal(
            (48, 192, PixelColor.Bgr, ResizeMode.Fit), (input.Height, input.Width, input.Color, input.Resize));
        Assert.DoesNotContain(
            ColorModels.Ask(onnx, manifest, model => model.Warnings),
            note => note.Contains("assumed", StringComparison.Ordinal));

        // A red square in a strip of four squares is a quarter of red, which comes last; the rest is black, −1.
        var red = ColorModels.ClassifyRed(onnx, manifest).Predictions.Single(one => one.Index == 0);
        Assert.Equal(-ColorModels.Gain, red.Logit, 1e-3f);
    }

    [Theory]
    [InlineData("""{"input": {"height": 32}}""")]
    [InlineData("""{"input": {"width": 32}}""")]
    public void Load_ManifestWithOneOfTwoOpenSizes_AsksForTheOther(string manifest) =>
        Assert.Contains(
            "open; say what they are", ColorModels.Rejection(Pooling(["n", 3, "h", "w"], channelAxis: 1), manifest),
            StringComparison.Ordinal);

    /// <summary>Class k's logit is the mean of channel k times a gain; it runs on three channels only.</summary>
    private static byte[] Pooling(OnnxDimension[] shape, int channelAxis, int classes = 3)
    {
        var graph = new OnnxGraphBuilder("pooling");
        var weights = new float[3 * classes];
        for (var k = 0; k < classes; k++)
        {
            weights[(k * classes) + k] = ColorModels.Gain;
        }

        long[] axes = channelAxis == 1 ? [2, 3] : [1, 2];
        graph.Node(
            "ReduceMean", [graph.Input("image", DataType.Float, shape)], "mean", ("axes", axes), ("keepdims", 0L));
        graph.Node("MatMul", ["mean", graph.Initializer("weights", weights, 3, classes)], "scores");
        graph.Output("scores", DataType.Float, shape[0], classes);
        return graph.ToByteArray();
    }
}
