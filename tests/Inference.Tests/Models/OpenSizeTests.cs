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

    [Fact]
    public void Load_FourOpenAxesOfNoLayoutThatRuns_ListsAllMissingSizes()
    {
        var graph = new OnnxGraphBuilder("picky");
        graph.Input("image", DataType.Float, "n", "c", "h", "w");
        graph.Node("Flatten", ["image"], "flat", ("axis", 1L));
        graph.Node("MatMul", ["flat", graph.Initializer("weights", new float[48], 16, 3)], "scores");
        graph.Output("scores", DataType.Float, "n", 3);

        var refusal = ColorModels.Refusal(graph.ToByteArray());

        Assert.Contains("channels, height, width", refusal, StringComparison.Ordinal);
        Assert.Contains("\"channels\": 3, \"height\": 224, \"width\": 224", refusal, StringComparison.Ordinal);
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
            "open; say what they are", ColorModels.Refusal(Pooling(["n", 3, "h", "w"], channelAxis: 1), manifest),
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
