using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text.Json;
using SoftmaxService.Inference.Imaging;
using SoftmaxService.Inference.Models;
using SoftmaxService.Inference.Onnx;
using SoftmaxService.Training.Data;
using TorchSharp;

namespace SoftmaxService.Training.Mnist;

/// <summary>The manifest of a trained digit model, with all that is needed to make it again.</summary>
internal static class MnistManifest
{
    private static readonly JsonSerializerOptions ProvenanceJson = new(JsonSerializerDefaults.Web);

    public static ModelManifest Describe(TrainingOptions options, TimeSpan trainingTime, OnnxMeasurement test) => new()
    {
        Description = "Handwritten digits: a small convolutional net trained on MNIST with shifted, turned, scaled, slanted, bent, thickened and thinned digits.",
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
        Labels = [.. Enumerable.Range(0, DigitNet.ClassCount).Select(digit => digit.ToString(CultureInfo.InvariantCulture))],
        Training = JsonSerializer.SerializeToElement(Provenance(options, trainingTime, test), ProvenanceJson),
    };

    private static object Provenance(TrainingOptions options, TimeSpan trainingTime, OnnxMeasurement test) => new
    {
        Recipe = new
        {
            Net = DigitNet.Summary,
            Augmentation = Augmentation.Summary,
            Optimizer = MnistRecipe.Summary,
        },
        options.Epochs,
        options.Seed,
        options.Threads,
        Minutes = Math.Round(trainingTime.TotalMinutes, 1),
        Data = new
        {
            Images = $"train-images-idx3-ubyte.gz, images 0 to {options.Images - 1}",
            Sha256 = LabelledImages.IdxFileNames("train").Concat(LabelledImages.IdxFileNames("t10k"))
                .ToDictionary(name => name, name => Sha256(Path.Combine(options.DataFolder, name))),
        },
        Test = new
        {
            Images = $"t10k-images-idx3-ubyte.gz, all {test.Total} in the file of that SHA-256",
            MeasuredWith = "the written model.onnx in ONNX Runtime, one image a run",
            test.Right,
            test.Total,
            Accuracy = Math.Round(test.Accuracy, 6),
        },
        Tools = new
        {
            TorchSharp = Version(typeof(torch).Assembly),
            Libtorch = torch.__version__,
            OnnxRuntime = OnnxModel.RuntimeVersion,
            Dotnet = Environment.Version.ToString(),
        },
    };

    private static string Sha256(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    private static string? Version(Assembly assembly) =>
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0];
}
