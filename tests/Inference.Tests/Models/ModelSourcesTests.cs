using SoftmaxService.Inference.Imaging;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Inference.Tests.Models;

/// <summary>Where the fields of a model's description come from, and what is assumed.</summary>
public sealed class ModelSourcesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void WhatNoFileStatesIsAssumedAndAWarning()
    {
        using var model = Load(null);

        Assert.Equal("assumed", model.Sources["input.scale"]);
        Assert.Equal("assumed", model.Sources["input.color"]);
        Assert.Equal("assumed", model.Sources["labels"]);
        Assert.Equal("the graph's shape", model.Sources["input.height"]);
        Assert.Collection(
            model.Warnings,
            warning => Assert.EndsWith(
                "Set \"scale\", \"mean\" and \"std\" in input of model.json.", warning, StringComparison.Ordinal),
            warning => Assert.EndsWith(
                "set \"color\": \"bgr\" in input of model.json.", warning, StringComparison.Ordinal),
            warning => Assert.EndsWith(
                "set \"resize\": \"crop\" and \"resizeTo\" in input of model.json.", warning, StringComparison.Ordinal),
            warning => Assert.Contains("called by their numbers, 0 to 2", warning, StringComparison.Ordinal));
    }

    [Fact]
    public void WhatTheManifestStatesIsNoWarning()
    {
        using var model = Load(
            """
            {
              "input": { "scale": 0.5, "color": "bgr", "resize": "stretch" },
              "output": { "kind": "logits" },
              "labels": ["a", "b", "c"]
            }
            """);

        Assert.Empty(model.Warnings);
        Assert.Equal("model.json: input.scale", model.Sources["input.scale"]);
        Assert.Equal("model.json: labels", model.Sources["labels"]);
        Assert.Equal("model.json: output.kind", model.Sources["output.kind"]);
    }

    [Fact]
    public void AHuggingFaceFolderIsServedAsItsMakersMeantIt()
    {
        WriteHuggingFace();

        using var model = Load(null);

        Assert.Empty(model.Warnings);
        Assert.Equal(["cat", "dog", "bird"], model.Labels);
        Assert.Equal([0.4f, 0.5f, 0.6f], model.Input.Mean);
        Assert.Equal((ImageFilter.Bicubic, true), (model.Input.Filter, model.Input.Round));
        Assert.Equal("preprocessor_config.json: image_mean", model.Sources["input.mean"]);
        Assert.Equal("preprocessor_config.json: image_processor_type", model.Sources["input.color"]);
        Assert.Equal("config.json: id2label", model.Sources["labels"]);
    }

    [Fact]
    public void TheManifestIsRightAboutWhatItStates()
    {
        WriteHuggingFace();

        using var model = Load("""{ "input": { "mean": [0.1], "resize": "fit" }, "labels": ["a", "b", "c"] }""");

        Assert.Equal([0.1f, 0.1f, 0.1f], model.Input.Mean);
        Assert.Equal([1f, 1f, 1f], model.Input.Std);
        Assert.Equal(ResizeMode.Fit, model.Input.Resize);
        Assert.Equal(["a", "b", "c"], model.Labels);
        Assert.Equal("model.json: input.mean", model.Sources["input.mean"]);
        Assert.Equal("preprocessor_config.json: resample", model.Sources["input.filter"]);
    }

    [Fact]
    public void AMakersFileThatContradictsTheGraphIsPassedOverWithAWarning()
    {
        WriteHuggingFace(size: 32);
        _folder.Write("1/labels.txt", "one\ntwo\n");

        using var model = Load("""{ "input": { "color": "rgb" } }""");

        Assert.Equal((64, 64), (model.Input.Height, model.Input.Width));
        Assert.Equal("the graph's shape", model.Sources["input.height"]);
        Assert.Contains(model.Warnings, warning => warning.Contains("says 32", StringComparison.Ordinal));
    }

    [Fact]
    public void AMakersColourThatContradictsAGreyGraphIsPassedOverWithAWarning()
    {
        _folder.Write("1/preprocessor_config.json", """{ "do_convert_rgb": true }""");

        using var model = Load(null, channels: 1);

        Assert.Equal((1, PixelColor.Gray), (model.Input.Channels, model.Input.Color));
        Assert.Equal("the graph's shape", model.Sources["input.color"]);
        Assert.Contains(model.Warnings, warning => warning.Contains("do_convert_rgb", StringComparison.Ordinal));
    }

    [Fact]
    public void AnImpliedColourDoesNotContradictStatedChannels()
    {
        _folder.Write("1/preprocessor_config.json", """{ "image_processor_type": "ViTImageProcessor" }""");
        _folder.Write("1/config.json", """{ "num_channels": 1, "id2label": { "0": "a", "1": "b", "2": "c" } }""");

        using var model = Load("""{ "input": { "mean": [0.5], "std": [0.5] } }""", channels: 1);

        Assert.Equal((1, PixelColor.Gray), (model.Input.Channels, model.Input.Color));
        Assert.Equal("config.json: num_channels", model.Sources["input.color"]);
        Assert.DoesNotContain(model.Warnings, warning => warning.Contains("colour", StringComparison.Ordinal));
        Assert.DoesNotContain(model.Warnings, warning => warning.Contains("channels", StringComparison.Ordinal));
    }

    [Fact]
    public void AScaleWithoutANormalizationIsAWarning()
    {
        _folder.Write(
            "1/preprocessor_config.json",
            """{ "image_processor_type": "FooImageProcessor", "rescale_factor": 0.5, "do_normalize": true }""");

        using (var model = Load(null))
        {
            Assert.Equal(0.5f, model.Input.Scale);
            Assert.Contains(
                "preprocessor_config.json: rescale_factor says how pixels are scaled, but no file gives a mean and a "
                + "std: none is assumed. A model that was trained otherwise answers wrongly. Set \"mean\" and \"std\" "
                + "in input of model.json.",
                model.Warnings);
        }

        using var own = Load("""{ "input": { "scale": 0.5 } }""");

        Assert.DoesNotContain(own.Warnings, warning => warning.Contains("no file gives", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(null, 2)]
    [InlineData("""{ "mean": [0.5] }""", 1)]
    [InlineData("""{ "standardize": true }""", 1)]
    [InlineData("""{ "resize": "fit" }""", 1)]
    [InlineData("""{ "scale": 0.5, "resize": "fit" }""", 0)]
    [InlineData("""{ "filter": "box", "color": "rgb" }""", 2)]
    public void ADoubtAboutAMakersFileGoesOnceTheOwnerStatesWhatItIsAbout(string? input, int left)
    {
        _folder.Write(
            "1/preprocessor_config.json",
            """
            {
              "image_processor_type": "FooImageProcessor", "do_normalize": true,
              "do_resize": false, "do_center_crop": true, "crop_size": 64
            }
            """);

        using var model = Load(input is null ? null : $$"""{ "input": {{input}} }""");

        Assert.Equal(left, model.Warnings.Count(warning =>
            warning.StartsWith("preprocessor_config.json: do_", StringComparison.Ordinal)));
    }

    [Fact]
    public void ADoubtAboutOneFileGoesIfTheNextSettlesIt()
    {
        _folder.Write("1/preprocessor_config.json", """{ "do_normalize": true }""");
        _folder.Write(
            "1/config.json",
            """
            {
              "pretrained_cfg": {
                "input_size": [3, 64, 64], "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5],
                "interpolation": "bicubic", "crop_pct": 1.0
              }
            }
            """);

        using var model = Load(null);

        Assert.Equal("config.json: pretrained_cfg.mean", model.Sources["input.mean"]);
        Assert.DoesNotContain(model.Warnings, warning => warning.Contains("none is used", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1, null, true)]
    [InlineData(1, "none", false)]
    [InlineData(1, "light", false)]
    [InlineData(3, null, false)]
    public void SmallGreyImagesWithoutAForegroundAreAWarning(int channels, string? foreground, bool isExpected)
    {
        using var model = Load(
            foreground is null ? null : $$"""{ "input": { "foreground": "{{foreground}}" } }""", channels);

        Assert.Equal(
            isExpected,
            model.Warnings.Contains(
                "No file says whether the model expects light ink on dark ground or dark ink on light: images are used "
                + "as they are. Set \"foreground\" (\"light\", \"dark\" or \"none\") in input of model.json."));
    }

    [Fact]
    public void AnUnreadableFileOfLabelsIsAWarning()
    {
        _folder.Write("1/labels.json", """{ "0": { "common": "cat" } }""");

        using var model = Load(null);

        Assert.Equal("assumed", model.Sources["labels"]);
        Assert.Contains(model.Warnings, warning => warning.StartsWith("labels.json", StringComparison.Ordinal));
    }

    [Fact]
    public void AMalformedRecipeIsRejectedByFileAndReason()
    {
        _folder.Write("1/preprocessor_config.json", """{ "image_mean": [0.5, "x"] }""");

        var fault = Assert.Throws<ModelLoadException>(() => Load(null));

        Assert.Contains("preprocessor_config.json", fault.Message, StringComparison.Ordinal);
        Assert.Contains("image_mean", fault.Message, StringComparison.Ordinal);
    }

    private void WriteHuggingFace(int size = 64)
    {
        _folder.Write(
            "1/preprocessor_config.json",
            $$"""
            {
              "image_processor_type": "ViTImageProcessor", "do_resize": true, "resample": 3,
              "size": { "height": {{size}}, "width": {{size}} },
              "do_rescale": true, "rescale_factor": 0.00392156862745098,
              "do_normalize": true, "image_mean": [0.4, 0.5, 0.6], "image_std": [0.5, 0.5, 0.5]
            }
            """);
        _folder.Write(
            "1/config.json", """{ "num_channels": 3, "id2label": { "0": "cat", "1": "dog", "2": "bird" } }""");
    }

    private ClassifierModel Load(string? manifest, int channels = 3)
    {
        _folder.Write(
            "1/model.onnx", ModelFolder.PickFirst(3, channels * 64 * 64, "batch", channels, 64, 64));
        if (manifest is not null)
        {
            _folder.Write("1/model.json", manifest);
        }

        return ClassifierModel.Load(Path.Combine(_folder.Path, "1"), "pick", "1", new ModelSettings());
    }
}
