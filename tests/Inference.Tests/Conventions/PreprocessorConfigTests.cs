using System.Globalization;
using static System.StringComparison;

namespace SoftmaxService.Inference.Tests.Conventions;

/// <summary>preprocessor_config.json of Hugging Face.</summary>
public sealed class PreprocessorConfigTests
{
    private const string File = "preprocessor_config.json";

    [Fact]
    public void Vit_StretchesAndNormalizes() => Assert.Equal(
        [
            "height = 224 [preprocessor_config.json: size]",
            "width = 224 [preprocessor_config.json: size]",
            "color = Rgb [preprocessor_config.json: image_processor_type]",
            "scale = 0.00392156862745098 [preprocessor_config.json: rescale_factor]",
            "mean = 0.5 0.5 0.5 [preprocessor_config.json: image_mean]",
            "std = 0.25 0.25 0.25 [preprocessor_config.json: image_std]",
            "resize = Stretch [preprocessor_config.json: size]",
            "filter = Bilinear [preprocessor_config.json: resample]",
            "antialias = True [preprocessor_config.json: resample]",
            "round = True [preprocessor_config.json: resample]",
        ],
        SidecarFolder.LinesOf(File, Samples.Vit));

    [Fact]
    public void ConvNextBelow384_ResizesByItsPartAndCrops() => Assert.Equal(
        [
            "height = 224 [preprocessor_config.json: size]",
            "width = 224 [preprocessor_config.json: size]",
            "color = Rgb [preprocessor_config.json: feature_extractor_type]",
            "scale = 0.00392156862745098 [preprocessor_config.json: feature_extractor_type ConvNext, default "
                + "rescale_factor]",
            "mean = 0.485 0.456 0.406 [preprocessor_config.json: image_mean]",
            "std = 0.229 0.224 0.225 [preprocessor_config.json: image_std]",
            "resize = Crop [preprocessor_config.json: size]",
            "resizeTo = shorter 256 [preprocessor_config.json: crop_pct]",
            "cropOffset = Down [preprocessor_config.json: size]",
            "filter = Bicubic [preprocessor_config.json: resample]",
            "antialias = True [preprocessor_config.json: resample]",
            "round = True [preprocessor_config.json: resample]",
        ],
        SidecarFolder.LinesOf(File, Samples.ConvNext));

    [Fact]
    public void Clip_ResizesTheShorterSideAndCrops() => Assert.Equal(
        [
            "height = 224 [preprocessor_config.json: crop_size]",
            "width = 224 [preprocessor_config.json: crop_size]",
            "color = Rgb [preprocessor_config.json: do_convert_rgb]",
            "scale = 0.00392156862745098 [preprocessor_config.json: feature_extractor_type CLIP, default "
                + "rescale_factor]",
            "mean = 0.4 0.4 0.4 [preprocessor_config.json: image_mean]",
            "std = 0.3 0.3 0.3 [preprocessor_config.json: image_std]",
            "resize = Crop [preprocessor_config.json: crop_size]",
            "resizeTo = shorter 256 [preprocessor_config.json: size]",
            "cropOffset = Down [preprocessor_config.json: crop_size]",
            "filter = Bicubic [preprocessor_config.json: resample]",
            "antialias = True [preprocessor_config.json: resample]",
            "round = True [preprocessor_config.json: resample]",
        ],
        SidecarFolder.LinesOf(File, Samples.Clip));

    /// <summary>Subtracts 1 after scaling, and divides by the deviation twice.</summary>
    [Fact]
    public void EfficientNet_NormalizesTwice() => Assert.Equal(
        [
            "height = 240 [preprocessor_config.json: size]",
            "width = 240 [preprocessor_config.json: size]",
            "color = Rgb [preprocessor_config.json: image_processor_type]",
            "scale = 0.00784313725490196 [preprocessor_config.json: rescale_factor]",
            "mean = 1.485 1.456 1.406 [preprocessor_config.json: rescale_offset]",
            "std = 0.25 0.25 0.25 [preprocessor_config.json: image_std]",
            "resize = Stretch [preprocessor_config.json: size]",
            "filter = Nearest [preprocessor_config.json: resample]",
            "antialias = True [preprocessor_config.json: resample]",
            "round = True [preprocessor_config.json: resample]",
        ],
        SidecarFolder.LinesOf(File, Samples.EfficientNet));

    [Fact]
    public void EfficientNet_WithoutTop_NormalizesOnce()
    {
        var content = Samples.EfficientNet.Replace("\"include_top\": true", "\"include_top\": false", Ordinal);

        Assert.Contains(
            "std = 0.5 0.5 0.5 [preprocessor_config.json: image_std]", SidecarFolder.LinesOf(File, content));
    }

    [Fact]
    public void EfficientNet_OffsetWithAnotherFactor_Warns()
    {
        var content = Samples.EfficientNet.Replace("0.00784313725490196", "0.5", Ordinal);

        Assert.Contains(SidecarFolder.LinesOf(File, content), line => line.StartsWith("! ", Ordinal));
    }

    [Theory]
    [InlineData("ViTImageProcessor", "224 224 Stretch - Bilinear 0.5 0.5")]
    [InlineData("ViTImageProcessorFast", "224 224 Stretch - Bilinear 0.5 0.5")]
    [InlineData("ViTFeatureExtractor", "224 224 Stretch - Bilinear 0.5 0.5")]
    [InlineData("DeiTImageProcessor", "224 224 Crop 256x256 Bicubic 0.5 0.5")]
    [InlineData("BeitImageProcessor", "224 224 Crop 256x256 Bicubic 0.5 0.5")]
    [InlineData("ConvNextImageProcessor", "384 384 Stretch - Bicubic 0.5 0.5")]
    [InlineData("CLIPImageProcessor", "224 224 Crop 224 Bicubic 0.48145467 0.26862955")]
    [InlineData("BitImageProcessor", "224 224 Crop 224 Bicubic 0.48145467 0.26862955")]
    [InlineData("MobileNetV1ImageProcessor", "224 224 Crop 256 Bilinear 0.5 0.5")]
    [InlineData("MobileNetV2ImageProcessor", "224 224 Crop 256 Bilinear 0.5 0.5")]
    [InlineData("EfficientNetImageProcessor", "346 346 Stretch - Nearest 0.5 0.25")]
    [InlineData("LevitImageProcessor", "224 224 Crop 256 Bicubic 0.485 0.229")]
    [InlineData("PoolFormerImageProcessor", "224 224 Crop 248 Bicubic 0.485 0.229")]
    [InlineData("SiglipImageProcessor", "224 224 Stretch - Bicubic 0.5 0.5")]
    [InlineData("EfficientFormerImageProcessor", "224 224 Stretch - Bicubic 0.485 0.229")]
    [InlineData("PerceiverImageProcessor", "224 224 Crop 256 Bicubic 0.485 0.229")]
    public void AFileWithOnlyAType_GetsTheDefaultsOfTheClass(string type, string expected)
    {
        using var folder = new SidecarFolder().With(File, $$"""{"image_processor_type": "{{type}}"}""");
        var stated = folder.Read();

        var target = stated.ResizeTo?.Value;
        var size = target is null ? "-"
            : target.ShorterSide is { } side ? $"{side}"
            : $"{target.Height}x{target.Width}";
        Assert.Equal(
            expected,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{stated.Height?.Value} {stated.Width?.Value} {stated.Resize?.Value} {size} {stated.Filter?.Value} "
                + $"{stated.Mean?.Value[0]} {stated.Std?.Value[0]}"));
        Assert.Equal(1.0 / 255.0, stated.Scale?.Value);

        // Perceiver crops first, which a recipe cannot say.
        Assert.Equal(
            type.StartsWith("Perceiver", Ordinal),
            stated.Warnings.Any(warning => warning.Contains("by up to half a pixel", Ordinal)));
        Assert.InRange(stated.Warnings.Count, 0, type.StartsWith("Perceiver", Ordinal) ? 1 : 0);
    }

    [Fact]
    public void AFileWithoutAType_GetsTheDefaultsOfTheModel()
    {
        using var folder = new SidecarFolder()
            .With(File, """{"size": 224}""")
            .With("config.json", """{"model_type": "resnet"}""");

        Assert.Contains("resizeTo = shorter 256 [config.json: model_type ConvNext, default crop_pct]", folder.Lines());
    }

    [Fact]
    public void AnUnknownClass_StatesOnlyWhatTheFileSays() => Assert.Equal(
        [
            "height = 32 [preprocessor_config.json: size]",
            "width = 48 [preprocessor_config.json: size]",
            "color = Rgb [preprocessor_config.json: image_processor_type]",
            "mean = 0.1 [preprocessor_config.json: image_mean]",
            "std = 0.2 [preprocessor_config.json: image_std]",
            "resize = Stretch [preprocessor_config.json: size]",
            "antialias = True [preprocessor_config.json: size]",
            "round = True [preprocessor_config.json: size]",
            "! preprocessor_config.json: colour is not read, and may change what the model sees",
        ],
        SidecarFolder.LinesOf(File, """
            {"image_processor_type": "OwnImageProcessor", "size": [32, 48], "image_mean": 0.1, "image_std": [0.2],
             "colour": "blue"}
            """));

    [Theory]
    [InlineData(
        "{\"image_processor_type\": \"FooImageProcessor\", \"do_normalize\": true, \"rescale_factor\": 0.5}",
        "do_normalize is true, but there is no image_mean and no image_std, and the class 'FooImageProcessor' is not "
            + "known: none is used")]
    [InlineData(
        "{\"do_normalize\": true, \"rescale_factor\": 0.5}",
        "do_normalize is true, but there is no image_mean and no image_std, and no class is named: none is used")]
    [InlineData(
        "{\"rescale_factor\": 0.5}",
        "there is no image_mean and no image_std, and no class is named that says whether images are normalized: none "
            + "is used")]
    [InlineData(
        "{\"feature_extractor_type\": \"Foo\", \"rescale_factor\": 0.5}",
        "there is no image_mean and no image_std, and the class 'Foo', which says whether images are normalized, is "
            + "not known: none is used")]
    [InlineData(
        "{\"image_mean\": 0.5, \"rescale_factor\": 0.5}",
        "only one of image_mean and image_std is given, and the class of the image processor is not known")]
    public void ANormalizationWithoutNumbers_IsAWarning(string content, string warning)
    {
        using var folder = new SidecarFolder().With(File, content);
        var stated = folder.Read();

        Assert.Equal(0.5, stated.Scale?.Value);
        Assert.Null(stated.Std);
        Assert.Equal($"preprocessor_config.json: {warning}", Assert.Single(stated.Warnings));
    }

    [Fact]
    public void SwitchesThatAreOff_MeanNoScaleAndNoNormalization() => Assert.Equal(
        [
            "color = Rgb [preprocessor_config.json: image_processor_type]",
            "scale = 1 [preprocessor_config.json: do_rescale]",
            "mean = 0 [preprocessor_config.json: do_normalize]",
            "std = 1 [preprocessor_config.json: do_normalize]",
        ],
        SidecarFolder.LinesOf(File, """
            {"image_processor_type": "ViTImageProcessor", "do_resize": false, "do_rescale": false,
             "do_normalize": false}
            """));

    [Fact]
    public void MobileVit_FlipsTheColours()
    {
        var lines = SidecarFolder.LinesOf(File, """
            {"feature_extractor_type": "MobileViTFeatureExtractor", "size": 288, "crop_size": 256, "resample": 2,
             "do_flip_channel_order": true, "do_center_crop": true, "do_resize": true}
            """);

        Assert.Contains("color = Bgr [preprocessor_config.json: do_flip_channel_order]", lines);
        Assert.Contains("resizeTo = shorter 288 [preprocessor_config.json: size]", lines);
        Assert.Contains(
            "mean = 0 [preprocessor_config.json: feature_extractor_type MobileViT, default do_normalize]", lines);
    }

    [Theory]
    [InlineData("{}", "preprocessor_config.json")]
    [InlineData("{\"do_convert_rgb\": false}", "preprocessor_config.json")]
    [InlineData("{\"do_convert_rgb\": true}", "preprocessor_config.json: do_convert_rgb")]
    [InlineData("{\"image_processor_type\": \"Own\"}", "preprocessor_config.json: image_processor_type")]
    [InlineData("{\"image_mean\": 0.5}", "preprocessor_config.json")]
    [InlineData("{\"image_mean\": [0.5]}", null)]
    [InlineData("{\"do_grayscale\": true}", null)]
    public void ImagesAreOpenedAsRgb_UnlessTheyAreGrey(string content, string? source) =>
        Assert.Equal(
            source is null ? [] : [$"color = Rgb [{source}]"],
            SidecarFolder.LinesOf(File, content).Where(line => line.StartsWith("color", Ordinal)));

    [Fact]
    public void TheModelsType_IsTheSourceOfTheColoursWhereItNamesTheClass()
    {
        using var folder = new SidecarFolder().With(File, "{}").With("config.json", """{"model_type": "vit"}""");

        Assert.Contains("color = Rgb [config.json: model_type]", folder.Lines());
    }

    [Fact]
    public void TheLongestEdgeAlone_IsFittedWithAWarning()
    {
        var lines = SidecarFolder.LinesOf(File, """{"size": {"longest_edge": 100}, "do_resize": true}""");

        Assert.Contains("resize = Fit [preprocessor_config.json: size]", lines);
        Assert.Contains("height = 100 [preprocessor_config.json: size]", lines);
        Assert.Contains(
            lines, line => line.StartsWith("! preprocessor_config.json: size gives only the longer", Ordinal));
    }

    [Fact]
    public void ASizeBelowTheCrop_IsAWarning()
    {
        var lines = SidecarFolder.LinesOf(
            File, """{"size": {"shortest_edge": 100}, "do_resize": true, "do_center_crop": true, "crop_size": 128}""");

        Assert.Contains("height = 128 [preprocessor_config.json: crop_size]", lines);
        Assert.DoesNotContain(lines, line => line.StartsWith("resize = ", Ordinal));
        Assert.Contains(lines, line => line.StartsWith("! preprocessor_config.json: crop_size is larger", Ordinal));
    }

    [Fact]
    public void TimmsWrapper_IsReadAsTimm()
    {
        var lines = SidecarFolder.LinesOf(File, """
            {"image_processor_type": "TimmWrapperImageProcessor",
             "pretrained_cfg": {"input_size": [3, 224, 224], "crop_pct": 0.9, "mean": [0.5, 0.5, 0.5],
                                "std": [0.5, 0.5, 0.5]}}
            """);

        Assert.Contains("resizeTo = shorter 248 [preprocessor_config.json: pretrained_cfg.crop_pct]", lines);
    }

    [Theory]
    [InlineData("{\n\"size\": 224,\n\"do_resize\" true}", "preprocessor_config.json, line 3: this is not JSON")]
    [InlineData("[]", "preprocessor_config.json, line 1: the content must be an object")]
    [InlineData("", "preprocessor_config.json is empty")]
    [InlineData(
        "{\n\"image_mean\": [0.5, 0.5]}",
        "preprocessor_config.json, line 2: image_mean has 2 values; it needs 1, or one for each of 3 channels")]
    [InlineData("{\"image_mean\": \"0.5\"}", "preprocessor_config.json, line 1: image_mean must be a number")]
    [InlineData("{\"image_mean\": [0.5, 0.5, null]}", "image_mean[2] must be a number")]
    [InlineData("{\"image_std\": [0.5, 0, 0.5]}", "image_std[1] must not be 0")]
    [InlineData("{\"image_std\": 1e999}", "image_std is too large")]
    [InlineData("{\"image_std\": -1e13}", "image_std is too large")]
    [InlineData("{\"image_std\": 1e-13}", "image_std is too small")]
    [InlineData("{\"size\": 0}", "size must be from 1 to 65535")]
    [InlineData("{\"size\": {\"height\": 224}}", "size must have height and width, shortest_edge, or longest_edge")]
    [InlineData("{\"size\": 224, \"resample\": 9}", "resample must be one of Pillow's filters, 0 to 5")]
    [InlineData("{\"do_rescale\": \"yes\"}", "do_rescale must be true or false")]
    [InlineData("{\"image_processor_type\": 3}", "image_processor_type must be a text")]
    [InlineData("{\"size\": \"\\ud800\"}", "half of a surrogate pair")]
    public void AMalformedFile_IsRejectedWithTheReason(string content, string reason) =>
        Assert.Contains(reason, SidecarFolder.FaultOf(File, content), Ordinal);

    [Fact]
    public void DeepJson_IsRejected() => Assert.Contains(
        "nested deeper than 64 levels",
        SidecarFolder.FaultOf(File, new string('[', 100) + new string(']', 100)),
        Ordinal);

    [Fact]
    public void ManyValues_AreRejected() => Assert.Contains(
        "more than 1000000 values",
        SidecarFolder.FaultOf(File, $"[0{string.Concat(Enumerable.Repeat(",0", 1_000_000))}]"),
        Ordinal);

    [Fact]
    public void ALargeFile_IsRejected() => Assert.Contains(
        "files of up to 16777216 are read", SidecarFolder.FaultOf(File, new string(' ', (16 << 20) + 1)), Ordinal);
}
