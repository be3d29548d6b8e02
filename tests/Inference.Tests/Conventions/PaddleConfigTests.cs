using static System.StringComparison;

namespace SoftmaxService.Inference.Tests.Conventions;

/// <summary>inference.yml of PaddleClas.</summary>
public sealed class PaddleConfigTests
{
    private const string File = "inference.yml";
    private const string Operators = "inference.yml: PreProcess.transform_ops";

    [Fact]
    public void OperatorsAndLabels_AreRead() => Assert.Equal(
        [
            $"layout = ChannelsFirst [{Operators}[4].ToCHWImage]",
            $"height = 224 [{Operators}[2].CropImage.size]",
            $"width = 224 [{Operators}[2].CropImage.size]",
            $"color = Rgb [{Operators}[0].DecodeImage.to_rgb]",
            $"scale = 0.00392156862745098 [{Operators}[3].NormalizeImage.scale]",
            $"mean = 0.485 0.456 0.406 [{Operators}[3].NormalizeImage.mean]",
            $"std = 0.229 0.224 0.225 [{Operators}[3].NormalizeImage.std]",
            $"resize = Crop [{Operators}[2].CropImage.size]",
            $"resizeTo = shorter 256 [{Operators}[1].ResizeImage.resize_short]",
            $"cropOffset = Down [{Operators}[2].CropImage.size]",
            $"resizeRounding = Nearest [{Operators}[1].ResizeImage.resize_short]",
            $"filter = Bilinear [{Operators}[1].ResizeImage]",
            $"antialias = False [{Operators}[1].ResizeImage]",
            $"round = True [{Operators}[1].ResizeImage]",
            "labels = 0_degree|180: degree [inference.yml: PostProcess.Topk.label_list]",
        ],
        SidecarFolder.LinesOf(File, Samples.Paddle));

    [Fact]
    public void ASizeWithoutCrop_IsStretched()
    {
        var lines = SidecarFolder.LinesOf(File, """
            PreProcess:
              transform_ops:
              - DecodeImage: {to_rgb: false}
              - ResizeImage: {size: [160, 80], interpolation: bicubic, backend: pil}
              - NormalizeImage: {scale: 0.0078125, mean: 1, std: [1]}
            """);

        Assert.Contains($"height = 80 [{Operators}[1].ResizeImage.size]", lines);
        Assert.Contains($"width = 160 [{Operators}[1].ResizeImage.size]", lines);
        Assert.Contains($"resize = Stretch [{Operators}[1].ResizeImage.size]", lines);
        Assert.Contains($"color = Bgr [{Operators}[0].DecodeImage.to_rgb]", lines);
        Assert.Contains($"filter = Bicubic [{Operators}[1].ResizeImage.interpolation]", lines);
        Assert.Contains($"antialias = True [{Operators}[1].ResizeImage.backend]", lines);
        Assert.Contains($"scale = 0.0078125 [{Operators}[2].NormalizeImage.scale]", lines);
        Assert.DoesNotContain(lines, line => line.StartsWith("! ", Ordinal));
    }

    [Theory]
    [InlineData("NormalizeImage: {scale: 1}", "Rgb", "")] // as PaddleClas exports it
    [InlineData("DecodeImage: {img_mode: BGR, channel_first: false}", "Bgr", "[0].DecodeImage.img_mode")]
    [InlineData("DecodeImage: {img_mode: RGB}", "Rgb", "[0].DecodeImage")]
    [InlineData("DecodeImage: {img_mode: GRAY}", "Gray", "[0].DecodeImage.img_mode")]
    [InlineData("DecodeImage: null", "Rgb", "[0].DecodeImage")]
    public void Colours_AreReadOrThoseOfTheExport(string operation, string color, string source) => Assert.Contains(
        $"color = {color} [{Operators}{source}]",
        SidecarFolder.LinesOf(File, $"PreProcess: {{transform_ops: [{operation}]}}"));

    [Fact]
    public void AMapFile_IsReadBesideTheConfiguration()
    {
        using var folder = new SidecarFolder()
            .With(File, """
                PreProcess: {transform_ops: []}
                PostProcess: {Topk: {class_id_map_file: ../ppcls/utils/animals.txt}}
                """)
            .With("animals.txt", "0 cat\n1 dog, hound\n");

        Assert.Equal(
            ["labels = cat|dog, hound [inference.yml: PostProcess.Topk.class_id_map_file]"], folder.Lines());
    }

    [Fact]
    public void OtherPostProcessing_IsAWarning() => Assert.Equal(
        [
            $"! {Operators}[0].DetResizeForTest is not read",
            "! inference.yml: PostProcess is not Topk: the model may not choose one class, which a softmax assumes",
        ],
        SidecarFolder.LinesOf(File, """
            PreProcess: {transform_ops: [DetResizeForTest: {resize_long: 960}]}
            PostProcess: {name: CTCLabelDecode}
            """));

    [Theory]
    [InlineData("PreProcess: [\n", "inference.yml, line 2: this is not YAML")]
    [InlineData("a: [1, 0.'\nb: 1\n", "inference.yml, line 1: this is not YAML")]
    [InlineData("a: b\nc\n", "inference.yml, line")]
    [InlineData("a: &x [1]\nb: *x", "inference.yml, line 2: tags and aliases of YAML are not read")]
    [InlineData("a: !!python/object/apply:os.system ['true']", "tags and aliases of YAML are not read")]
    [InlineData("PreProcess: {transform_ops: [NormalizeImage: {mean: [1, 2]}]}", "NormalizeImage.mean has 2 values")]
    [InlineData(
        "PreProcess: {transform_ops: [NormalizeImage: {scale: 1/0}]}", "NormalizeImage.scale must be a number that")]
    [InlineData("PreProcess: {transform_ops: [NormalizeImage: {scale: '1.+2.'}]}", "scale must be a number")]
    [InlineData("PreProcess: {transform_ops: [CropImage: {}]}", "CropImage has no size")]
    [InlineData(
        "PreProcess: {transform_ops: [ResizeImage: {size: 100}, CropImage: {size: 224}]}",
        "CropImage.size is larger than the image after ResizeImage")]
    [InlineData("PreProcess: {transform_ops: [ResizeImage: {size: 10, interpolation: sinc}]}", "is not read")]
    public void MalformedFiles_AreRejected(string content, string reason) =>
        Assert.Contains(reason, SidecarFolder.FaultOf(File, content), Ordinal);

    [Fact]
    public void DeepYaml_IsRejected() => Assert.Contains(
        "nested deeper than 64 levels", SidecarFolder.FaultOf(File, new string('[', 10_000)), Ordinal);
}
