using SoftmaxService.Inference.Calibration;
using SoftmaxService.Inference.Imaging;
using SoftmaxService.Inference.Models;
using SoftmaxService.Training.Data;
using SoftmaxService.Training.Runs;

namespace SoftmaxService.Training.Cifar10;

/// <summary>The manifest of a trained photo model.</summary>
internal static class Cifar10Manifest
{
    public static ModelManifest Describe(
        TrainingOptions options,
        Cifar10Data data,
        TimeSpan trainingTime,
        OnnxMeasurement test) =>
        new()
        {
            Description =
                "Small photographs of ten kinds of things: a convolutional net trained on CIFAR-10 (Alex Krizhevsky, "
                    + "Learning Multiple Layers of Features from Tiny Images, 2009) that averages over the image and "
                    + "its mirror image.",
            License =
                "MIT for this model file. CIFAR-10, which it was trained on, comes without an explicit licence; its "
                    + "author asks that Krizhevsky 2009 be cited.",
            Input = new ManifestInput
            {
                Layout = TensorLayout.ChannelsFirst,
                Channels = PhotoNet.Channels,
                Height = PhotoNet.ImageSize,
                Width = PhotoNet.ImageSize,
                Color = PixelColor.Rgb,
                Scale = Cifar10Recipe.PixelScale,
                Mean = Cifar10Recipe.Mean,
                Std = Cifar10Recipe.Std,
                Resize = ResizeMode.Crop,
                Foreground = Foreground.None,
            },
            Output = new ManifestOutput { Kind = OutputKind.Logits },
            Labels = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"],
            Training = new Provenance(
                PhotoNet.Summary,
                Cifar10Recipe.AugmentationSummary,
                Cifar10Recipe.Summary,
                $"data_batch_1.bin to data_batch_5.bin in this order, images 0 to {options.Images - 1}",
                $"{Cifar10Data.TestFileName}, all {test.Total} in the file of that SHA-256",
                data.Sha256).ToJson(options, trainingTime, test),
        };
}
