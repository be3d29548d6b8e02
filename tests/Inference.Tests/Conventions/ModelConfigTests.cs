using static System.StringComparison;

namespace SoftmaxService.Inference.Tests.Conventions;

/// <summary>config.json of Hugging Face and of timm.</summary>
public sealed class ModelConfigTests
{
    private const string File = "config.json";

    [Fact]
    public void LabelsAndSizes_AreRead() => Assert.Equal(
        [
            "channels = 3 [config.json: num_channels]",
            "height = 224 [config.json: image_size]",
            "width = 224 [config.json: image_size]",
            "labels = cat|dog|fish [config.json: id2label]",
        ],
        SidecarFolder.LinesOf(File, Samples.ModelConfig, classCount: 3));

    [Fact]
    public void Label2Id_IsReadWhereTheOtherIsMissing() => Assert.Equal(
        ["labels = cat|dog [config.json: label2id]"],
        SidecarFolder.LinesOf(File, """{"label2id": {"dog": 1, "cat": 0}}"""));

    [Fact]
    public void Label2IdOfTexts_IsRead() => Assert.Equal(
        ["labels = cat|dog [config.json: label2id]"],
        SidecarFolder.LinesOf(File, """{"label2id": {"dog": "1", "cat": "0"}}"""));

    [Fact]
    public void PlaceholdersAreNoLabels() => Assert.Empty(
        SidecarFolder.LinesOf(File, """{"id2label": {"0": "LABEL_0", "1": "LABEL_1"}}"""));

    [Fact]
    public void SeveralLabels_AreAWarning() => Assert.Equal(
        [
            "! config.json: problem_type is multi_label_classification: several classes may be true at once, which a "
                + "softmax does not show",
        ],
        SidecarFolder.LinesOf(File, """{"problem_type": "multi_label_classification"}"""));

    [Fact]
    public void AnotherNumberOfClasses_IsAWarning() => Assert.Equal(
        ["! config.json: id2label has 2 names, but the model 3 outputs; it is not used"],
        SidecarFolder.LinesOf(File, """{"id2label": {"0": "a", "1": "b"}}""", classCount: 3));

    [Fact]
    public void Timm_CropsByItsPart() => Assert.Equal(
        [
            "channels = 3 [config.json: pretrained_cfg.input_size]",
            "height = 224 [config.json: pretrained_cfg.input_size]",
            "width = 224 [config.json: pretrained_cfg.input_size]",
            "color = Rgb [config.json: pretrained_cfg]",
            "scale = 0.00392156862745098 [config.json: pretrained_cfg.mean]",
            "mean = 0.485 0.456 0.406 [config.json: pretrained_cfg.mean]",
            "std = 0.229 0.224 0.225 [config.json: pretrained_cfg.std]",
            "resize = Crop [config.json: pretrained_cfg.crop_pct]",
            "resizeTo = shorter 235 [config.json: pretrained_cfg.crop_pct]",
            "cropOffset = Even [config.json: pretrained_cfg.crop_pct]",
            "filter = Bicubic [config.json: pretrained_cfg.interpolation]",
            "antialias = True [config.json: pretrained_cfg.interpolation]",
            "round = True [config.json: pretrained_cfg.interpolation]",
            "labels = tench|goldfish [config.json: label_names]",
        ],
        SidecarFolder.LinesOf(File, Samples.Timm, classCount: 2));

    [Fact]
    public void TimmWithoutAnObjectOfItsOwn_IsReadWithDefaults() => Assert.Equal(
        [
            "channels = 3 [config.json: input_size]",
            "height = 224 [config.json: input_size]",
            "width = 224 [config.json: input_size]",
            "color = Rgb [config.json]",
            "scale = 0.00392156862745098 [config.json: mean]",
            "mean = 0.5 0.5 0.5 [config.json: mean]",
            "std = 0.25 0.25 0.25 [config.json: std]",
            "resize = Crop [config.json: input_size]",
            "resizeTo = shorter 256 [config.json: input_size]",
            "cropOffset = Even [config.json: input_size]",
            "filter = Bilinear [config.json: interpolation]",
            "antialias = True [config.json: interpolation]",
            "round = True [config.json: interpolation]",
            "! config.json has no crop_pct; timm's default is assumed: 0.875",
        ],
        SidecarFolder.LinesOf(File, """
            {"architecture": "resnet18", "input_size": [3, 224, 224], "mean": [0.5, 0.5, 0.5],
             "std": [0.25, 0.25, 0.25], "interpolation": "bilinear"}
            """));

    [Fact]
    public void TimmsDefaults_AreWarnings()
    {
        using var folder = new SidecarFolder().With(File, """{"pretrained_cfg": {"input_size": [3, 224, 224]}}""");
        var stated = folder.Read();

        Assert.Equal([0.485f, 0.456f, 0.406f], stated.Mean?.Value);
        Assert.Equal(
            [
                "config.json: pretrained_cfg has no mean; timm's default is assumed: 0.485, 0.456, 0.406",
                "config.json: pretrained_cfg has no std; timm's default is assumed: 0.229, 0.224, 0.225",
                "config.json: pretrained_cfg has no interpolation; timm's default is assumed: bicubic",
                "config.json: pretrained_cfg has no crop_pct; timm's default is assumed: 0.875",
            ],
            stated.Warnings);
    }

    [Fact]
    public void TimmsDefaultsForThreeChannels_AreNotStatedForOne()
    {
        using var folder = new SidecarFolder().With(File, """{"pretrained_cfg": {"input_size": [1, 28, 28]}}""");
        var stated = folder.Read();

        Assert.Equal((null, null, null), (stated.Scale, stated.Mean, stated.Std));
        Assert.Equal(1, stated.Channels?.Value);
    }

    [Theory]
    [InlineData("[224, 192]", "height = 224|width = 192")]
    [InlineData("[1, 28, 28]", "channels = 1|height = 28|width = 28")]
    [InlineData("[3, 224, 192]", "channels = 3|height = 224|width = 192")]
    [InlineData("[224, 192, 3]", "channels = 3|height = 224|width = 192")]
    [InlineData("[100, 200, 300]", "")]
    [InlineData("[512]", "")]
    [InlineData("[\"a\", 7]", "! config.json, line 1: input_size[0] must be a whole number; it is not used")]
    [InlineData(
        "[224, 224, 3], \"mean\": [0.5, 0.5, 0.5], \"std\": [0.5, 0.5, 0.5], \"interpolation\": \"bicubic\"",
        "channels = 3|height = 224|width = 224")]
    [InlineData(
        "[3, 224, 224], \"mean\": [0.5, 0.5, 0.5], \"std\": [0.5, 0.5, 0.5]",
        "channels = 3|height = 224|width = 224")]
    public void AnInputSizeThatIsNotTimms_StatesOnlyTheSize(string size, string expected) => Assert.Equal(
        expected,
        string.Join('|', SidecarFolder.LinesOf(File, $$"""{"input_size": {{size}}}""")
            .Select(line => line.Replace(" [config.json: input_size]", "", Ordinal))));

    [Theory]
    [InlineData("squash", "1.0", "224, 224", "Stretch -")]
    [InlineData("squash", "0.875", "224, 224", "Crop 256x256")]
    [InlineData("border", "1.0", "224, 224", "Fit -")]
    [InlineData("center", "1.0", "224, 224", "Crop 224")]
    [InlineData("center", "1.0", "224, 192", "Crop -")]
    public void Timm_CropModes(string mode, string part, string size, string expected)
    {
        using var folder = new SidecarFolder().With(File, $$"""
            {"pretrained_cfg": {"input_size": [3, {{size}}], "crop_pct": {{part}}, "crop_mode": "{{mode}}",
                                "mean": [0.5, 0.45, 0.4], "std": [0.5, 0.5, 0.5], "interpolation": "bicubic"} }
            """);
        var stated = folder.Read();

        var target = stated.ResizeTo?.Value;
        var text = target is null ? "-"
            : target.ShorterSide is { } side ? $"{side}"
            : $"{target.Height}x{target.Width}";
        Assert.Equal(expected, $"{stated.Resize?.Value} {text}");
        Assert.Empty(stated.Warnings);
        Assert.Equal(mode == "border" ? [128f, 115f, 102f] : null, stated.Fill?.Value);
    }

    [Theory]
    [InlineData("{\"pretrained_cfg\": {\"mean\": [1, 2]}}", "pretrained_cfg.mean has 2 values")]
    [InlineData("{\"pretrained_cfg\": {\"std\": [0, 1, 1]}}", "pretrained_cfg.std[0] must not be 0")]
    [InlineData("{\"pretrained_cfg\": {\"interpolation\": \"cubic\"}}", "must be one of Pillow's filters")]
    [InlineData("{\"pretrained_cfg\": 7}", "pretrained_cfg must be an object")]
    public void MalformedValues_AreRejected(string content, string reason) =>
        Assert.Contains(reason, SidecarFolder.FaultOf(File, content), Ordinal);

    [Theory]
    [InlineData("{", "! config.json, line 1: this is not JSON")]
    [InlineData("[1]", "! config.json, line 1: the content must be an object")]
    [InlineData("{\"image_size\": \"big\"}", "! config.json, line 1: image_size must be a whole number")]
    [InlineData(
        "{\"id2label\": {\"0\": \"a\", \"2\": \"b\"}}",
        "! config.json, line 1: id2label has 2 names, but none with the index 1; it is not used")]
    [InlineData(
        "{\"id2label\": {\"0\": \"a\", \"0\": \"b\"}}",
        "! config.json, line 1: id2label.0 gives the index 0 a second time; it is not used")]
    public void OtherFaults_AreWarnings(string content, string warning) =>
        Assert.StartsWith(warning, Assert.Single(SidecarFolder.LinesOf(File, content)), Ordinal);
}
