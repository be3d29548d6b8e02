using SoftmaxService.Inference.Imaging;
using SoftmaxService.Inference.Models;
using SoftmaxService.Training.Cifar10;
using SoftmaxService.Training.Data;
using SoftmaxService.Training.Runs;

namespace SoftmaxService.Training.Tests.Cifar10;

public sealed class Cifar10ManifestTests
{
    [Fact]
    public void Describe_TrainedModel_CanBeReadBackAndMadeAgain()
    {
        var options = CommandLine.Parse([
            "cifar10",
            "--data",
            "/somewhere/c.tar.gz",
            "--output",
            "unused",
            "--seed",
            "7",
        ]);
        var images = Drawings.RedAndBlue(2);
        var data = new Cifar10Data(images, images, new Dictionary<string, string> { ["test_batch.bin"] = "ab" });

        var json = Cifar10Manifest
            .Describe(options, data, TimeSpan.FromMinutes(12.34), new OnnxMeasurement(1, 2, [], 100))
            .ToUtf8Json();

        var manifest = ModelManifest.Parse(json);
        Assert.Equal(
            ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"],
            manifest.Labels);
        Assert.Equal(
            (TensorLayout.ChannelsFirst, 3, 32, 32, PixelColor.Rgb),
            (
                manifest.Input?.Layout,
                manifest.Input?.Channels,
                manifest.Input?.Height,
                manifest.Input?.Width,
                manifest.Input?.Color));
        Assert.Equal([0.4914f, 0.4822f, 0.4465f], manifest.Input?.Mean);
        Assert.Contains("without an explicit licence", manifest.License, StringComparison.Ordinal);

        var training = Assert.NotNull(manifest.Training);
        Assert.Equal((30, 7), (training.GetProperty("epochs").GetInt32(), training.GetProperty("seed").GetInt32()));
        Assert.Contains(
            "images 0 to 44999",
            training.GetProperty("data").GetProperty("images").GetString(),
            StringComparison.Ordinal);
        Assert.Equal(
            "ab",
            training.GetProperty("data").GetProperty("sha256").GetProperty("test_batch.bin").GetString());
        var text = System.Text.Encoding.UTF8.GetString(json);
        Assert.DoesNotContain("/somewhere", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\\u", text, StringComparison.Ordinal);
    }
}
