using SoftmaxService.Inference.Imaging;
using SoftmaxService.Inference.Models;
using SoftmaxService.OnnxSchema;

namespace SoftmaxService.Inference.Tests.Models;

/// <summary>
/// Values of several files, or of a file and the graph, that do not belong together: none makes a wrong tensor without
/// a warning.
/// </summary>
public sealed class CombinedSourcesTests : IDisposable
{
    private const string Preprocessor = "preprocessor_config.json";

    private const string Timm = """
        {
          "pretrained_cfg": {
            "input_size": [3, 32, 32], "interpolation": "bicubic", "crop_pct": 0.875, "crop_mode": "center",
            "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]
          }
        }
        """;

    private const string ConvNext = """
        {
          "image_processor_type": "ConvNextImageProcessor", "size": { "shortest_edge": 64 }, "crop_pct": 0.875,
          "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225], "do_rescale": true,
          "rescale_factor": 0.00392156862745098, "resample": 3
        }
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ACropForAnotherSizeThanTheGraphsIsScaledWithAWarning()
    {
        _folder.Write("1/config.json", Timm);

        using var model = Load();

        Assert.Equal(ResizeTarget.Shorter(72), model.Input.ResizeTo); // 32 / 0.875 is 36
        Assert.Contains(
            "config.json: pretrained_cfg.crop_pct gives 36 for images of 32 × 32 pixels; for 64 × 64 it is scaled to "
            + "72.",
            model.Warnings);
    }

    [Fact]
    public void ACropForAnotherSizeThanTheOwnersIsScaledWithAWarning()
    {
        _folder.Write($"1/{Preprocessor}", ConvNext);

        using var model = Load("""{ "input": { "height": 128, "width": 128 } }""", ["batch", 3, "h", "w"]);

        Assert.Equal(ResizeTarget.Shorter(146), model.Input.ResizeTo); // 64 / 0.875 is 73
        Assert.Single(model.Warnings, Mentions("for 128 × 128 it is scaled to 146"));
    }

    [Fact]
    public void TheOwnersCropIsTakenAsItIs()
    {
        _folder.Write("1/config.json", Timm);

        using var model = Load("""{ "input": { "resize": "crop", "resizeTo": 70 } }""");

        Assert.Equal(ResizeTarget.Shorter(70), model.Input.ResizeTo);
        Assert.DoesNotContain(model.Warnings, Mentions("is scaled to"));
    }

    [Fact]
    public void TheCropOfOneFileIsNotTakenForTheSizeOfAnother()
    {
        _folder.Write(
            $"1/{Preprocessor}", """{ "do_resize": false, "do_center_crop": true, "crop_size": 64 }""");
        _folder.Write("1/config.json", Timm);

        using var model = Load();

        Assert.Equal((ResizeMode.Stretch, null), (model.Input.Resize, model.Input.ResizeTo));
        Assert.Equal("assumed", model.Sources["input.resize"]);
        Assert.Single(model.Warnings, Mentions(
            "config.json: pretrained_cfg.crop_pct resizes images for another size than preprocessor_config.json: "
            + "crop_size gives"));
        Assert.Single(model.Warnings, Mentions("do_resize is false"));
    }

    [Theory]
    [InlineData(
        """{ "image_mean": [123.675, 116.28, 103.53], "image_std": [58.395, 57.12, 57.375] }""",
        "preprocessor_config.json: image_mean subtracts 123.675, 116.28, 103.53, but the assumed scale makes pixels "
        + "range from 0 to 1, which do not belong together")]
    [InlineData(
        """{ "do_rescale": false, "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225] }""",
        "but preprocessor_config.json: do_rescale makes pixels range from 0 to 255, which do not belong together")]
    [InlineData(
        """{ "do_rescale": false, "rescale_factor": 0.5, "image_mean": 0.5, "image_std": 0.5 }""",
        "image_mean subtracts 0.5, but preprocessor_config.json: do_rescale makes pixels range from 0 to 255")]
    [InlineData(
        """{ "size": { "height": 64, "width": 64 }, "image_mean": [0.5], "image_std": [0.5] }""",
        "preprocessor_config.json: size says how images are resized, but no file says with which filter: bilinear")]
    [InlineData(
        """{ "size": { "shortest_edge": 64 }, "do_center_crop": true, "resample": 2 }""",
        "size gives the shorter side and do_center_crop is on, but there is no crop_size")]
    [InlineData(
        """{ "size": { "height": 64, "width": 64 }, "do_center_crop": true, "resample": 2 }""",
        "do_center_crop is on, but there is no crop_size; nothing is cropped")]
    [InlineData(
        """{ "size": { "height": 64, "width": 64 }, "do_pad": true, "resample": 2 }""",
        "preprocessor_config.json: do_pad is on, which is not read")]
    [InlineData(
        """{ "size": 48, "do_center_crop": true, "crop_size": 64, "resample": 2 }""", "crop_size is larger than size")]
    public void WhatDoesNotBelongTogetherIsAWarning(string preprocessor, string warning)
    {
        _folder.Write($"1/{Preprocessor}", preprocessor);

        using var model = Load();

        Assert.Single(model.Warnings, Mentions(warning));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("""{ "input": { "color": "rgb" } }""")]
    public void WhatBelongsTogetherIsNoWarning(string? manifest)
    {
        _folder.Write($"1/{Preprocessor}", ConvNext);

        using var model = Load(manifest);

        var warning = Assert.Single(model.Warnings);
        Assert.Contains("No file names the classes", warning, StringComparison.Ordinal);
    }

    [Fact]
    public void AnOrderOfColoursWithTheMeanOfAnotherFileIsAWarning()
    {
        _folder.Write($"1/{Preprocessor}", ConvNext);

        using var model = Load("""{ "input": { "color": "bgr" } }""");

        Assert.Single(model.Warnings, Mentions(
            "model.json: input.color says BGR, and preprocessor_config.json: image_mean gives a number for each "
            + "colour"));
    }

    [Fact]
    public void AnImageOfFourChannelsIsRejected()
    {
        var fault = Assert.Throws<ModelLoadException>(() => Load(null, ["batch", 4, 64, 64], elements: 4 * 64 * 64));

        Assert.Contains("4", fault.Message, StringComparison.Ordinal);
    }

    private static Predicate<string> Mentions(string text) =>
        warning => warning.Contains(text, StringComparison.Ordinal);

    private ClassifierModel Load(string? manifest = null, OnnxDimension[]? shape = null, int? elements = null)
    {
        _folder.Write("1/model.onnx", shape is null || elements is not null
            ? ModelFolder.PickFirst(3, elements ?? (3 * 64 * 64), shape ?? ["batch", 3, 64, 64])
            : ModelFolder.PickFirst(3, 3 * 128 * 128, shape));
        if (manifest is not null)
        {
            _folder.Write("1/model.json", manifest);
        }

        return ClassifierModel.Load(Path.Combine(_folder.Path, "1"), "pick", "1", new ModelSettings());
    }
}
