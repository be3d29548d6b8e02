using System.Globalization;
using SoftmaxService.Inference.Calibration;
using SoftmaxService.Inference.Imaging;
using SoftmaxService.Inference.Models;
using SoftmaxService.Training.Data;
using SoftmaxService.Training.Runs;

namespace SoftmaxService.Training.Mnist;

/// <summary>The manifest of a trained digit model.</summary>
internal static class MnistManifest
{
    public static ModelManifest Describe(TrainingOptions options, TimeSpan trainingTime, OnnxMeasurement test) =>
        new()
        {
            Description =
                "Handwritten digits: a small convolutional net trained on MNIST with shifted, turned, scaled, slanted, "
                    + "bent, thickened and thinned digits.",
            License = "MIT",
            Input = new ManifestInput
            {
                Layout = TensorLayout.ChannelsFirst,
                Channels = 1,
                Height = DigitNet.ImageSize,
                Width = DigitNet.ImageSize,
                Color = PixelColor.Gray,
                Scale = MnistRecipe.PixelScale,
                Mean = [MnistRecipe.Mean],
                Std = [MnistRecipe.Std],
                Resize = ResizeMode.Fit,
                Foreground = Foreground.Light,
            },
            Output = new ManifestOutput { Kind = OutputKind.Logits },
            Labels =
            [
                .. Enumerable
                    .Range(0, DigitNet.ClassCount)
                    .Select(digit => digit.ToString(CultureInfo.InvariantCulture)),
            ],
            Training = new Provenance(
                DigitNet.Summary,
                Augmentation.Summary,
                MnistRecipe.Summary,
                $"train-images-idx3-ubyte.gz, images 0 to {options.Images - 1}",
                $"t10k-images-idx3-ubyte.gz, all {test.Total} in the file of that SHA-256",
                LabelledImages
                    .IdxFileNames("train")
                    .Concat(LabelledImages.IdxFileNames("t10k"))
                    .ToDictionary(name => name, name => Provenance.HashFile(Path.Combine(options.DataPath, name)))
            ).ToJson(options, trainingTime, test),
        };
}
