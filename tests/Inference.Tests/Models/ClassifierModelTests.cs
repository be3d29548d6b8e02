using System.Globalization;
using System.Text.Json;
using SoftmaxService.Inference.Calibration;
using SoftmaxService.Inference.Imaging;
using SoftmaxService.OnnxSchema;
using DataType = Onnx.TensorProto.Types.DataType;

namespace SoftmaxService.Inference.Tests.Models;

public sealed class ClassifierModelTests
{
    public static TheoryData<string, OnnxDimension[], string, string> InferredInputs => new()
    {
        { "NCHW, open batch", ["batch", 1, 8, 12], "ChannelsFirst 1x8x12 Gray", "" },
        { "NCHW, batch of one", [1, 3, 8, 12], "ChannelsFirst 3x8x12 Rgb", "" },
        { "NHWC", ["batch", 8, 12, 3], "ChannelsLast 3x8x12 Rgb", "" },
        { "NHWC gray", [1, 8, 12, 1], "ChannelsLast 1x8x12 Gray", "" },
        { "CHW without a batch", [3, 8, 12], "ChannelsFirst 3x8x12 Rgb", "" },
        { "HWC without a batch", [8, 12, 3], "ChannelsLast 3x8x12 Rgb", "" },
        { "planes, open batch", ["batch", 8, 8], "ChannelsFirst 1x8x8 Gray", "" },
        {
            "planes, size from the manifest", ["batch", 8, 12], "ChannelsFirst 1x8x12 Gray",
            """{"input": {"height": 8, "width": 12}}"""
        },
        { "small square of colours", ["batch", 3, 4, 4], "ChannelsFirst 3x4x4 Rgb", "" },
        { "features that are an image", ["batch", 12], "Flat 3x2x2 Rgb", """{"input": {"color": "rgb"}}""" },
        {
            "signal that is an image", [1, 6, 16], "ChannelsFirst 1x6x16 Gray",
            """{"input": {"height": 6, "width": 16}}"""
        },
        { "one plane", [8, 8], "Flat 1x8x8 Gray", "" },
        {
            "one plane, size from the manifest", [8, 12], "Flat 1x8x12 Gray",
            """{"input": {"height": 8, "width": 12}}"""
        },
        { "flat, open batch", ["batch", 64], "Flat 1x8x8 Gray", "" },
        { "flat, batch of one", [1, 64], "Flat 1x8x8 Gray", "" },
        { "flat without a batch", [64], "Flat 1x8x8 Gray", "" },
        { "flat colour", ["batch", 192], "Flat 3x8x8 Rgb", "" },
        {
            "flat, size from the manifest", ["batch", 96], "Flat 1x8x12 Gray",
            """{"input": {"height": 8, "width": 12}}"""
        },
        { "flat, height from the manifest", ["batch", 96], "Flat 1x8x12 Gray", """{"input": {"height": 8}}""" },
        {
            "open size from the manifest", ["batch", 3, "h", "w"], "ChannelsFirst 3x8x12 Rgb",
            """{"input": {"height": 8, "width": 12}}"""
        },
        {
            "open channels from the manifest", ["batch", "c", 8, 12], "ChannelsFirst 3x8x12 Rgb",
            """{"input": {"layout": "NCHW", "channels": 3}}"""
        },
        {
            "colour from the manifest", ["batch", 3, 8, 12], "ChannelsFirst 3x8x12 Bgr",
            """{"input": {"color": "bgr"}}"""
        },
        {
            "layout from the manifest", ["batch", 3, 4, 3], "ChannelsLast 3x3x4 Rgb",
            """{"input": {"layout": "NHWC"}}"""
        },
    };

    [Theory]
    [MemberData(nameof(InferredInputs))]
    public void Load_GraphAndManifest_TogetherSayWhatTheInputIs(
        string what, OnnxDimension[] shape, string expected, string manifest)
    {
        Assert.NotEmpty(what);
        var count = expected.Split(' ')[1].Split('x').Aggregate(
            1, (product, size) => product * int.Parse(size, CultureInfo.InvariantCulture));
        using var folder = new ModelFolder().With(
            "a/1", ModelFolder.PickFirst(3, count, shape), manifest.Length > 0 ? manifest : null);
        using var repository = folder.Load();

        Assert.Empty(repository.Current.Failures);
        var input = repository.Current.Find("a", "1").Input;
        Assert.Equal(expected, $"{input.Layout} {input.Channels}x{input.Height}x{input.Width} {input.Color}");
    }

    [Fact]
    public void Load_NoManifest_UsesPlainDefaults()
    {
        using var folder = new ModelFolder().With("a/1", ModelFolder.PickFirst(3, 48, "batch", 3, 4, 4));
        using var repository = folder.Load();

        var model = repository.Current.Find("a", null);
        Assert.Equal(["0", "1", "2"], model.Labels);
        Assert.Equal(3, model.ClassCount);
        Assert.Null(model.CalibratedTemperature);
        Assert.Equal(1f / 255f, model.Input.Scale);
        Assert.Equal([0f, 0f, 0f], model.Input.Mean);
        Assert.Equal([1f, 1f, 1f], model.Input.Std);
        Assert.Equal((ResizeMode.Stretch, Foreground.None), (model.Input.Resize, model.Input.Foreground));
    }

    [Fact]
    public void Load_Manifest_IsBelieved()
    {
        using var folder = new ModelFolder().With("a/1", ModelFolder.PickFirst(3, 16, "batch", 1, 4, 4), """
            {
              // a comment is welcome
              "description": "Three things", "license": "MIT",
              "input": { "scale": 1, "mean": [-0.5], "std": [512], "resize": "fit", "foreground": "light" },
              "output": { "kind": "logits" },
              "labels": ["x", "y", "z"],
              "calibration": { "temperature": 1.5, "dataset": "held out", "count": 10 },
              "training": { "recipe": { "anything": [1, 2] } },
            }
            """);
        using var repository = folder.Load();

        Assert.Empty(repository.Current.Failures);
        var model = repository.Current.Find("a", null);
        Assert.Equal(["x", "y", "z"], model.Labels);
        Assert.Equal(1.5f, model.CalibratedTemperature);
        Assert.Equal((OutputKind.Logits, false), (model.OutputKind, model.OutputKindIsDetected));
        Assert.Equal((1f, -0.5f, 512f), (model.Input.Scale, model.Input.Mean[0], model.Input.Std[0]));
        Assert.Equal((ResizeMode.Fit, Foreground.Light), (model.Input.Resize, model.Input.Foreground));
        Assert.Equal(2, model.Manifest.Training!.Value.GetProperty("recipe").GetProperty("anything").GetArrayLength());
    }

    [Fact]
    public void Load_Recipe_IsBelieved()
    {
        using var folder = new ModelFolder().With("a/1", ModelFolder.PickFirst(3, 48, "batch", 3, 4, 4), """
            {
              "input": {
                "resize": "crop", "resizeTo": 8, "cropOffset": "down", "resizeRounding": "nearest",
                "filter": "bicubic", "antialias": false,
                "round": true, "fill": [0.5], "background": [1, 2, 3]
              }
            }
            """);
        using var repository = folder.Load();

        Assert.Empty(repository.Current.Failures);
        var input = repository.Current.Find("a", null).Input;
        Assert.Equal((ResizeMode.Crop, ResizeTarget.Shorter(8)), (input.Resize, input.ResizeTo));
        Assert.Equal((CropOffset.Down, ImageFilter.Bicubic), (input.CropOffset, input.Filter));
        Assert.Equal(ResizeRounding.Nearest, input.ResizeRounding);
        Assert.Equal((false, true), (input.Antialias, input.Round));
        Assert.Equal([0.5f, 0.5f, 0.5f], input.Fill);
        Assert.Equal([1, 2, 3], input.Background);
    }

    [Theory]
    [InlineData("8")]
    [InlineData("[8,9]")]
    public void ResizeTo_WrittenAndReadAgain_IsTheSame(string json)
    {
        var target = JsonSerializer.Deserialize<ResizeTarget>(json)!;

        Assert.Equal(json, JsonSerializer.Serialize(target));
        Assert.Equal(json, target.ToString().Replace(" ", "", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{"labels": ["a", "b"]}""", "2 labels", "3 classes")]
    [InlineData("""{"input": {"channels": 3}}""", "input.channels is 3", "1 in the graph")]
    [InlineData("""{"input": {"height": 5}}""", "input.height is 5", "4 in the graph")]
    [InlineData("""{"input": {"color": "rgb"}}""", "input.channels is 3")]
    [InlineData("""{"input": {"mean": [0.1, 0.2]}}""", "input.mean has 2 values")]
    [InlineData("""{"input": {"std": [0]}}""", "input.std is 0")]
    [InlineData("""{"input": {"scale": 0}}""", "input.scale is 0")]
    [InlineData("""{"input": {"layout": "NHWC"}}""", "4 channels")]
    [InlineData("""{"calibration": {"temperature": 0}}""", "calibration.temperature is 0")]
    [InlineData("""{"calibration": {"temperature": 1e-60}}""", "calibration.temperature")]
    [InlineData(
        """{"calibration": {"temperature": 1, "conformal": {"method": "lac", "quantiles": {"1.5": 0.2}}}}""", "'1.5'")]
    [InlineData(
        """{"calibration": {"temperature": 1, "conformal": {"method": "lac", "quantiles": {"0.1": -1}}}}""", "'0.1'")]
    [InlineData(
        """
        {"calibration": {"temperature": 1, "conformal": {
          "method": "lac", "quantiles": {}, "scores": {"ranks": [1, 2], "values": [0.5]}}}}
        """,
        "ranks")]
    [InlineData(
        """
        {"calibration": {"temperature": 1, "conformal": {
          "method": "lac", "quantiles": {}, "scores": {"ranks": [1, 2], "values": [0.5, 0.4]}}}}
        """,
        "ascend")]
    [InlineData("""{"input": {"maen": [0.1]}}""", "model.json", "maen")]
    [InlineData("""{"input": {"resize": "squeeze"}}""", "model.json", "$.input.resize")]
    [InlineData("""{"labels": """, "model.json", "line 1")]
    [InlineData("null", "model.json", "null")]
    [InlineData("""{"input": {"resize": 1}}""", "$.input.resize", "\"stretch\", \"fit\", \"crop\"")]
    [InlineData("""{"output": {"kind": 1}}""", "\"logits\", \"probabilities\", \"log-probabilities\"")]
    [InlineData("""{"labels": ["a", null, "c"]}""", "null")]
    [InlineData("""{"labels": ["a", "b", "c"], "labels": []}""", "labels", "twice")]
    [InlineData("""{"input": {"height": 0}}""", "input.height is 0")]
    [InlineData("""{"input": {"channels": 70000}}""", "input.channels is 70000")]
    [InlineData("""{"input": {"mean": ["a"]}}""", "$.input.mean[0]", "wrong type")]
    [InlineData("""{"input": {"layout": "NHWC"}}""", "read as NHWC")]
    [InlineData("""{"input": {"resizeTo": 8}}""", "input.resizeTo is 8", "\"resize\": \"crop\"")]
    [InlineData("""{"input": {"resize": "fit", "resizeTo": [8, 9]}}""", "input.resizeTo is [8, 9]", "crop")]
    [InlineData("""{"input": {"resize": "crop", "resizeTo": 0}}""", "input.resizeTo is 0", "from 1 to 65535")]
    [InlineData("""{"input": {"resize": "crop", "resizeTo": [8, 65536]}}""", "input.resizeTo is [8, 65536]")]
    [InlineData("""{"input": {"resize": "crop", "resizeTo": 8.5}}""", "$.input.resizeTo", "[height, width]")]
    [InlineData("""{"input": {"resize": "crop", "resizeTo": [8]}}""", "$.input.resizeTo", "[height, width]")]
    [InlineData("""{"input": {"resize": "crop", "resizeTo": [8, 8, 8]}}""", "$.input.resizeTo", "whole pixels")]
    [InlineData("""{"input": {"resize": "crop", "resizeTo": "8"}}""", "$.input.resizeTo", "shorter side")]
    [InlineData("""{"input": {"cropOffset": "up"}}""", "$.input.cropOffset", "\"even\", \"down\"")]
    [InlineData("""{"input": {"filter": "cubic"}}""", "$.input.filter", "\"bicubic\", \"lanczos\"")]
    [InlineData("""{"input": {"round": 1}}""", "$.input.round", "wrong type")]
    [InlineData("""{"input": {"fill": [0, 0]}}""", "input.fill has 2 values", "red, green and blue")]
    [InlineData("""{"input": {"fill": [255.5]}}""", "input.fill is 255.5", "from 0 to 255")]
    [InlineData("""{"input": {"fill": []}}""", "input.fill has 0 values")]
    [InlineData("""{"input": {"background": [0, 0, 0, 0]}}""", "input.background has 4 values")]
    [InlineData("""{"input": {"background": [256]}}""", "$.input.background[0]", "wrong type")]
    public void Load_ManifestThatContradictsOrIsBroken_IsRejectedWithReason(string manifest, params string[] mentions)
    {
        using var folder = new ModelFolder().With("a/1", ModelFolder.PickFirst(3, 16, "batch", 1, 4, 4), manifest);

        var reason = folder.Rejection();

        Assert.All(mentions, mention => Assert.Contains(mention, reason, StringComparison.Ordinal));
        Assert.All(
            ["System.", "SoftmaxService", ".NET"],
            name => Assert.DoesNotContain(name, reason, StringComparison.Ordinal));
    }

    [Fact]
    public void Load_FileThatIsNotOnnx_IsRejected()
    {
        using var folder = new ModelFolder().With("a/1", "not a model"u8);

        Assert.Contains("model.onnx: ONNX Runtime cannot load it", folder.Rejection(), StringComparison.Ordinal);
        Assert.DoesNotContain(folder.Path, folder.Rejection(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("height", 0)]
    [InlineData("channels", 0)]
    [InlineData("width", -4)]
    public void Load_FlatInputWithAnImpossibleSize_IsRejected(string name, int size)
    {
        using var folder = new ModelFolder().With(
            "a/1", ModelFolder.PickFirst(3, 16, "batch", 16), "{\"input\": {\"" + name + "\": " + size + "}}");

        Assert.Contains($"input.{name} is {size}", folder.Rejection(), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_InputOfGigabytes_IsRejected()
    {
        using var folder = new ModelFolder().With(
            "a/1", ModelFolder.PickFirst(3, 16, "batch", 1, "h", "w"),
            """{"input": {"height": 60000, "width": 60000}}""");

        Assert.Contains("more than", folder.Rejection(), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_UnspecifiedOpenSize_IsRejected()
    {
        using var folder = new ModelFolder().With("a/1", ModelFolder.PickFirst(3, 16, "batch", 1, "h", "w"));

        Assert.Contains(
            "leaves height, width of input 'image' [?, 1, ?, ?] open", folder.Rejection(), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NoAxisOfChannels_IsRejected()
    {
        using var folder = new ModelFolder().With("a/1", ModelFolder.PickFirst(3, 16, "batch", 2, 4, 2));

        Assert.Contains("neither", folder.Rejection(), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_TwoInputs_IsRejected()
    {
        var graph = new OnnxGraphBuilder("two");
        graph.Node(
            "Add", [graph.Input("first", DataType.Float, 1, 16), graph.Input("second", DataType.Float, 1, 16)], "sum");
        graph.Output("sum", DataType.Float, 1, 16);
        using var folder = new ModelFolder().With("a/1", graph.ToByteArray());

        Assert.Contains("needs 2 inputs (first, second)", folder.Rejection(), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_InputOfAnotherType_IsRejected()
    {
        var graph = new OnnxGraphBuilder("integers");
        graph.Node("Cast", [graph.Input("image", DataType.Uint32, 1, 16)], "scores", ("to", (long)DataType.Float));
        graph.Output("scores", DataType.Float, 1, 16);
        using var folder = new ModelFolder().With("a/1", graph.ToByteArray());

        Assert.Contains("holds uint32", folder.Rejection(), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_OutputThatIsAnImage_IsRejected()
    {
        var graph = new OnnxGraphBuilder("segmenter");
        graph.Node("Relu", [graph.Input("image", DataType.Float, "batch", 3, 4, 4)], "mask");
        graph.Output("mask", DataType.Float, "batch", 3, 4, 4);
        using var folder = new ModelFolder().With("a/1", graph.ToByteArray());

        Assert.Contains("[1, 3, 4, 4]", folder.Rejection(), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_WarmUpThatFails_IsRejected()
    {
        using var folder = new ModelFolder().With("a/1", ModelFolder.PickFirst(3, 64, "batch", 1, 9, 8));

        Assert.Contains("warm-up run failed", folder.Rejection(), StringComparison.Ordinal);
    }
}
