using SoftmaxService.Inference.Conventions;
using SoftmaxService.Inference.Imaging;
using static System.StringComparison;

namespace SoftmaxService.Inference.Tests.Conventions;

/// <summary>How the sources are merged.</summary>
public sealed class ModelConventionsTests
{
    private static readonly (string, string)[] Metadata =
        [("names", "{0: 'from', 1: 'graph'}"), ("task", "classify"), ("imgsz", "[96, 96]")];

    [Fact]
    public void NothingToRead_StatesNothing()
    {
        using var folder = new SidecarFolder();

        Assert.Empty(folder.Lines());
    }

    [Fact]
    public void TheFirstSourceOfAField_Wins()
    {
        using var folder = new SidecarFolder()
            .With("preprocessor_config.json", Samples.Clip)
            .With("config.json", Samples.Timm)
            .With("labels.txt", "from\nfile")
            .With("config.pbtxt", """output { label_filename: "labels.txt" } input { format: FORMAT_NCHW }""");
        var stated = folder.Read(null, Metadata);

        Assert.Equal("preprocessor_config.json: image_mean", stated.Mean?.Source);
        Assert.Equal("config.json: pretrained_cfg.input_size", stated.Channels?.Source);
        Assert.Equal("config.json: label_names", stated.Labels?.Source);
        Assert.Equal("config.pbtxt: input.format", stated.Layout?.Source);
    }

    [Fact]
    public void TheGraphsMetadata_WinsOverFilesOfLabels()
    {
        using var folder = new SidecarFolder().With("labels.txt", "from\nfile").With("inference.yml", Samples.Paddle);
        var stated = folder.Read(null, Metadata);

        Assert.Equal("graph metadata: names", stated.Labels?.Source);
        Assert.Equal("graph metadata: imgsz", stated.Height?.Source);
        Assert.StartsWith("inference.yml", stated.Layout?.Source, Ordinal);
    }

    [Fact]
    public void AMalformedFileOfLabels_IsAWarning()
    {
        using var folder = new SidecarFolder().With("labels.json", """{"0": "a", "2": "b"}""");

        Assert.NotNull(Assert.Single(folder.Read(null, Metadata).Warnings));
        Assert.Contains("none with the index 1", Assert.Single(folder.Read().Warnings), Ordinal);
    }

    /// <summary>A mean of one file with the scale of another would be wrong.</summary>
    [Fact]
    public void ValuesThatBelongTogether_ComeFromOneSource()
    {
        var upper = new StatedModel
        {
            Mean = new Stated<IReadOnlyList<float>>([1], "upper"),
            Resize = new Stated<ResizeMode>(ResizeMode.Stretch, "upper"),
        };
        var lower = new StatedModel
        {
            Scale = new Stated<double>(1, "lower"),
            Std = new Stated<IReadOnlyList<float>>([2], "lower"),
            Resize = new Stated<ResizeMode>(ResizeMode.Crop, "lower"),
            ResizeTo = new Stated<ResizeTarget>(ResizeTarget.Shorter(256), "lower"),
            Filter = new Stated<ImageFilter>(ImageFilter.Box, "lower"),
        };

        Assert.Equal(
            ["mean = 1 [upper]", "resize = Stretch [upper]", "filter = Box [lower]"],
            SidecarFolder.Describe(upper.Over(lower)));
        Assert.Equal(SidecarFolder.Describe(lower), SidecarFolder.Describe(new StatedModel().Over(lower)));
    }

    [Fact]
    public void AHuggingFaceRepository_IsReadFromAbove()
    {
        using var folder = new SidecarFolder()
            .With("config.json", Samples.ModelConfig)
            .With("preprocessor_config.json", Samples.Vit)
            .With("onnx/model.onnx", "");
        var stated = SidecarFolder.Merge([Path.Combine(folder.Path, "onnx"), folder.Path], classCount: 3);

        Assert.Equal(["cat", "dog", "fish"], stated.Labels?.Value);
        Assert.Equal(224, stated.Height?.Value);
    }
}
