using SoftmaxService.Inference.Calibration;
using SoftmaxService.Inference.Imaging;
using SoftmaxService.Inference.Models;
using SoftmaxService.Training.Mnist;
using SoftmaxService.Training.Runs;

namespace SoftmaxService.Training.Tests.Mnist;

public sealed class MnistManifestTests
{
    [Fact]
    public void Describe_TrainedModel_CanBeReadBackAndMadeAgain()
    {
        using var folder = new TemporaryFolder();
        IdxFolder.Write(folder, "train", Drawings.RingsAndBars(2));
        IdxFolder.Write(folder, "t10k", Drawings.RingsAndBars(2));
        var options = CommandLine.Parse([
            "mnist",
            "--data",
            folder.Path,
            "--output",
            "unused",
            "--epochs",
            "3",
            "--seed",
            "7",
        ]);

        var json = MnistManifest
            .Describe(options, TimeSpan.FromMinutes(12.34), new OnnxMeasurement(1, 2, [], 100))
            .ToUtf8Json();

        var manifest = ModelManifest.Parse(json);
        Assert.Equal(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"], manifest.Labels);
        Assert.Equal(OutputKind.Logits, manifest.Output?.Kind);
        Assert.Equal(
            (TensorLayout.ChannelsFirst, 1, 28, 28, PixelColor.Gray, ResizeMode.Fit, Foreground.Light),
            (
                manifest.Input?.Layout,
                manifest.Input?.Channels,
                manifest.Input?.Height,
                manifest.Input?.Width,
                manifest.Input?.Color,
                manifest.Input?.Resize,
                manifest.Input?.Foreground));

        var training = Assert.NotNull(manifest.Training);
        Assert.Equal(3, training.GetProperty("epochs").GetInt32());
        Assert.Equal(7, training.GetProperty("seed").GetInt32());
        Assert.Equal(12.3, training.GetProperty("minutes").GetDouble());
        Assert.Equal(0.5, training.GetProperty("test").GetProperty("accuracy").GetDouble());
        Assert.Equal(4, training.GetProperty("data").GetProperty("sha256").EnumerateObject().Count());
        Assert.DoesNotContain(folder.Path, System.Text.Encoding.UTF8.GetString(json), StringComparison.Ordinal);
        Assert.DoesNotContain("\\u", System.Text.Encoding.UTF8.GetString(json), StringComparison.Ordinal);
    }
}
