using static System.StringComparison;

namespace SoftmaxService.Inference.Tests.Conventions;

/// <summary>Fields of preprocessor_config.json that do not only switch a step that is read.</summary>
public sealed class UnreadFieldTests
{
    private const string File = "preprocessor_config.json";

    private const string Values = """
        "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5], "rescale_factor": 0.00392156862745098,
        "resample": 2
        """;

    private const string Square = $$""" "size": {"height": 224, "width": 224}, {{Values}} """;

    /// <summary>What transformers writes besides, and what is switched off.</summary>
    [Theory]
    [InlineData(
        """
        "_valid_processor_keys": ["images", "size"], "processor_class": "P", "auto_map": {"AutoImageProcessor": "x.Y"},
        "do_reduce_labels": true
        """)]
    [InlineData(
        """
        "crop_size": null, "data_format": "channels_first", "default_to_square": true, "device": null,
        "disable_grouping": null, "do_center_crop": null, "do_convert_rgb": null, "input_data_format": null,
        "return_tensors": null, "do_pad": null, "pad_size": null
        """)]
    [InlineData(
        """
        "keep_aspect_ratio": false, "ensure_multiple_of": 1, "do_pad": false, "size_divisor": null, "crop_pct": null
        """)]
    [InlineData(""" "ensure_multiple_of": 14, "size_divisor": 32, "patch_size": {"height": 16, "width": 16} """)]
    [InlineData(""" "apply_ocr": true, "ocr_lang": "eng", "tesseract_config": "" """)]
    public void WhatChangesNoImage_IsNoWarning(string fields) =>
        Assert.Empty(Warnings($$"""{"image_processor_type": "ViTImageProcessor", {{fields}}, {{Square}}}"""));

    [Theory]
    [InlineData(""" "keep_aspect_ratio": true """, "keep_aspect_ratio is on, which is not read")]
    [InlineData(""" "do_thumbnail": true """, "do_thumbnail is on, which is not read")]
    [InlineData(""" "do_align_long_axis": true """, "do_align_long_axis is on, which is not read")]
    [InlineData(
        """ "ensure_multiple_of": 15 """,
        "ensure_multiple_of changes the size to which images are resized, which is not read")]
    [InlineData(
        """ "patch_size": {"height": 16, "width": 100} """,
        "patch_size changes the size to which images are resized, which is not read")]
    [InlineData(""" "pad_size": {"height": 1024, "width": 1024} """, "pad_size is not read, and may change")]
    [InlineData(""" "crop_margin": 3, "crop_pct": 0.9 """, "crop_margin, crop_pct are not read, and may change")]
    [InlineData(""" "custom_preprocessing": {"expand_to_square": true} """, "custom_preprocessing is not read")]
    [InlineData(""" "offset": [1, 2, 3] """, "offset is not read")]
    [InlineData(
        """ "a": 1, "b": 1, "c": 1, "d": 1, "e": 1, "f": 1, "g": 1, "h": 1, "i": 1, "j": 1 """,
        "a, b, c, d, e, f, g, h, … are not read")]
    [InlineData(""" "include_top": true """, "include_top is on, which is read only for EfficientNet")]
    public void WhatMayChangeAnImage_IsOneWarning(string fields, string warning)
    {
        var found = Assert.Single(
            Warnings($$"""{"image_processor_type": "ViTImageProcessor", {{fields}}, {{Square}}}"""));

        Assert.StartsWith($"! preprocessor_config.json: {warning}", found, Ordinal);
    }

    /// <summary>GLPN has no size: images keep their own, but for what is above a multiple.</summary>
    [Fact]
    public void ADivisorWithoutASize_IsAWarning() => Assert.Contains(
        "! preprocessor_config.json: size_divisor changes the size to which images are resized, which is not read",
        Warnings($$"""{"do_resize": true, "size_divisor": 32, {{Values}}}"""));

    [Theory]
    [InlineData("\"offset\": true, \"rescale_factor\": 0.00784313725490196", "mean = 1.5 1.5 1.5", 0)]
    [InlineData("\"rescale_offset\": true, \"rescale_factor\": 0.00784313725490196", "mean = 1.5 1.5 1.5", 0)]
    [InlineData("\"offset\": false, \"rescale_factor\": 0.00784313725490196", "mean = 0.5 0.5 0.5", 0)]
    [InlineData("\"offset\": true, \"do_rescale\": false", "mean = 0.5 0.5 0.5", 0)]
    [InlineData("\"offset\": true, \"rescale_factor\": 0.00392156862745098", "mean = 1.5 1.5 1.5", 1)]
    public void AnOffset_IsSubtractedAfterScaling(string fields, string mean, int warnings)
    {
        var lines = SidecarFolder.LinesOf(
            File,
            $$"""
            {
              "image_processor_type": "VivitImageProcessor", {{fields}}, "size": {"height": 224, "width": 224},
              "resample": 2, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]
            }
            """);

        Assert.Contains(lines, line => line.StartsWith(mean, Ordinal));
        Assert.Equal(warnings, lines.Count(line => line.StartsWith('!')));
    }

    [Theory]
    [InlineData("LayoutLMv2ImageProcessor", "Bgr", "1", "0")]
    [InlineData("LayoutLMv3FeatureExtractor", "Rgb", "0.00392156862745098", "0.5 0.5 0.5")]
    public void PagesOfDocuments_AreReadAsTheirClassMeansThem(string type, string color, string scale, string mean)
    {
        var lines = SidecarFolder.LinesOf(
            File,
            $$"""
            {
              "apply_ocr": true, "do_resize": true, "feature_extractor_type": "{{type}}", "ocr_lang": null,
              "resample": 2, "size": 224, "tesseract_config": ""
            }
            """);

        Assert.Contains(lines, line => line.StartsWith($"color = {color} [", Ordinal));
        Assert.Contains(lines, line => line.StartsWith($"scale = {scale} [", Ordinal));
        Assert.Contains(lines, line => line.StartsWith($"mean = {mean} [", Ordinal));
        Assert.Contains("width = 224 [preprocessor_config.json: size]", lines);
        Assert.DoesNotContain(lines, line => line.StartsWith('!'));
    }

    [Theory]
    [InlineData("do_flip_channels")]
    [InlineData("do_flip_channel_order")]
    public void AFlippedOrder_IsBgr(string field) => Assert.Contains(
        $"color = Bgr [preprocessor_config.json: {field}]",
        SidecarFolder.LinesOf(File, $$"""{"{{field}}": true, {{Square}}}"""));

    [Theory]
    [InlineData("true", "resize = Stretch", "height = 96")]
    [InlineData("false", "! preprocessor_config.json: size gives the shorter side", null)]
    public void ASizeThatIsANumber_IsASquareIfItSaysSo(string isSquare, string first, string? second)
    {
        var lines = SidecarFolder.LinesOf(
            File,
            $$"""
            { "image_processor_type": "ViTImageProcessor", "size": 96, "default_to_square": {{isSquare}}, {{Values}} }
            """);

        Assert.Contains(lines, line => line.StartsWith(first, Ordinal));
        Assert.True(second is null || Array.Exists(lines, line => line.StartsWith(second, Ordinal)));
    }

    private static string[] Warnings(string content) =>
        [.. SidecarFolder.LinesOf(File, content).Where(line => line.StartsWith('!'))];
}
