using static System.StringComparison;

namespace SoftmaxService.Inference.Tests.Conventions;

/// <summary>The metadata_props of an ONNX file.</summary>
public sealed class GraphMetadataTests
{
    [Fact]
    public void Ultralytics_StatesItsTransform() => Assert.Equal(
        [
            "height = 224 [graph metadata: imgsz]",
            "width = 224 [graph metadata: imgsz]",
            "color = Rgb [graph metadata: task]",
            "scale = 0.00392156862745098 [graph metadata: task]",
            "mean = 0 [graph metadata: task]",
            "std = 1 [graph metadata: task]",
            "resize = Crop [graph metadata: task]",
            "resizeTo = shorter 224 [graph metadata: imgsz]",
            "cropOffset = Even [graph metadata: task]",
            "filter = Bilinear [graph metadata: task]",
            "antialias = True [graph metadata: task]",
            "round = True [graph metadata: task]",
            "labels = cat|dog's [graph metadata: names]",
        ],
        Lines(("names", """{0: 'cat', 1: "dog's"}"""), ("imgsz", "[224, 224]"), ("task", "classify")));

    [Fact]
    public void Ultralytics_OfAnotherTask_IsAWarning() => Assert.Equal(
        ["! graph metadata: task is 'detect', not classify; nothing else is taken from it"],
        Lines(("names", "{0: 'cat'}"), ("task", "detect"), ("imgsz", "[640, 640]")));

    [Fact]
    public void Yolo5_StatesItsTransform()
    {
        const string Source = "[graph metadata: names and stride, as of YOLOv5]";
        using var folder = new SidecarFolder();
        Assert.Equal(
            [
                $"color = Rgb {Source}",
                $"scale = 0.00392156862745098 {Source}",
                $"mean = 0.485 0.456 0.406 {Source}",
                $"std = 0.229 0.224 0.225 {Source}",
                $"resize = Crop {Source}",
                $"cropOffset = Down {Source}",
                $"filter = Bilinear {Source}",
                $"antialias = False {Source}",
                $"round = True {Source}",
                "labels = cat|dog [graph metadata: names]",
            ],
            folder.Lines(2, ("stride", "32"), ("names", "{0: 'cat', 1: 'dog'}")));
    }

    [Theory]
    [InlineData(2, "stride", "32", "author", "Ultralytics")]
    [InlineData(2, "stride", "[8, 16]", null, null)]
    [InlineData(2, "epoch", "32", null, null)]
    [InlineData(null, "stride", "32", null, null)]
    public void Yolo5_OfOtherEntries_StatesOnlyTheLabels(
        int? classCount, string key, string value, string? another, string? content)
    {
        (string, string)[] more = another is null ? [] : [(another, content!)];
        using var folder = new SidecarFolder();

        Assert.Equal(
            ["labels = cat|dog [graph metadata: names]"],
            folder.Lines(classCount, [("names", "['cat', 'dog']"), (key, value), .. more]));
    }

    [Theory]
    [InlineData("{0: 'cat', 1: 'dog'}", "cat|dog")]
    [InlineData("['cat', 'dog']", "cat|dog")]
    [InlineData("('cat', 'dog',)", "cat|dog")]
    [InlineData("""{1: 'a\'b', 0: "\x41\u00e9\U0001F600\\\101"}""", "Aé😀\\A|a'b")]
    [InlineData("{ 0 : u'cat' , }", "cat")]
    public void PythonLiterals_AreRead(string literal, string expected) =>
        Assert.Equal([$"labels = {expected} [graph metadata: names]"], Lines(("names", literal)));

    [Theory]
    [InlineData("{0: 'cat'", "a comma or a closing brace is missing")]
    [InlineData("{0 'cat'}", "a colon is missing")]
    [InlineData("{0: 'cat}", "a text does not end")]
    [InlineData("{0: __import__('os')}", "a value is missing")]
    [InlineData("{0: 'cat'} + {}", "something follows the value")]
    [InlineData("""{0: '\q'}""", "an unknown escape")]
    [InlineData("""{0: '\ud800'}""", "an escape that does not name a character")]
    [InlineData("{[]: 'a'}", "a key is neither a text nor a number")]
    [InlineData("{0: 'cat', 2: 'dog'}", "none with the index 1")]
    public void OtherText_IsAWarning(string literal, string reason) =>
        Assert.Contains(reason, Assert.Single(Lines(("names", literal))), Ordinal);

    [Fact]
    public void DeepLiterals_AreAWarning() => Assert.Contains(
        "nested deeper than 64", Assert.Single(Lines(("names", new string('[', 10_000)))), Ordinal);

    [Theory]
    [InlineData("NominalRange_0_255", "1", "0")]
    [InlineData("Normalized_0_1", "0.00392156862745098", "0")]
    [InlineData("Normalized_1_1", "0.00784313725490196", "1")]
    [InlineData("nominalrange_16_235", "0.8588235294117647", "-16")]
    public void WindowsMachineLearning_StatesTheRange(string range, string scale, string mean) => Assert.Equal(
        [
            $"scale = {scale} [graph metadata: Image.NominalPixelRange]",
            $"mean = {mean} [graph metadata: Image.NominalPixelRange]",
            "std = 1 [graph metadata: Image.NominalPixelRange]",
        ],
        Lines(("Image.NominalPixelRange", range)));

    [Theory]
    [InlineData("Bgr8", "3", "Bgr")]
    [InlineData("rgb8", "3", "Rgb")]
    [InlineData("Gray8", "1", "Gray")]
    public void WindowsMachineLearning_StatesTheColour(string format, string channels, string color) => Assert.Equal(
        [
            $"channels = {channels} [graph metadata: Image.BitmapPixelFormat]",
            $"color = {color} [graph metadata: Image.BitmapPixelFormat]",
        ],
        Lines(("image.bitmappixelformat", format), ("Image.ColorSpaceGamma", "SRGB")));

    [Fact]
    public void WindowsMachineLearning_OtherValues_AreWarnings() => Assert.Equal(
        [
            "! graph metadata: Image.BitmapPixelFormat is 'Gray16'; Gray8, Rgb8 and Bgr8 are read",
            "! graph metadata: Image.NominalPixelRange is 'wide', which is not read",
            "! graph metadata: Image.ColorSpaceGamma is 'Linear', but pixels are given to the model as sRGB",
        ],
        Lines(
            ("Image.BitmapPixelFormat", "Gray16"),
            ("Image.NominalPixelRange", "wide"),
            ("Image.ColorSpaceGamma", "Linear")));

    [Theory]
    [InlineData("labels", "cat, dog")]
    [InlineData("classes", "cat\ndog\n")]
    [InlineData("class_names", "[\"cat\", \"dog\"]")]
    [InlineData("labels", "['cat', 'dog']")]
    [InlineData("labels", "{\"0\": \"cat\", \"1\": \"dog\"}")]
    [InlineData("labels", "{0: 'cat', 1: 'dog'}")]
    public void Labels_AreReadInEveryForm(string key, string text) =>
        Assert.Equal([$"labels = cat|dog [graph metadata: {key}]"], Lines((key, text)));

    private static string[] Lines(params (string Key, string Value)[] metadata)
    {
        using var folder = new SidecarFolder();
        return folder.Lines(null, metadata);
    }
}
