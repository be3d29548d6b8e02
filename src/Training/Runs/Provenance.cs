using System.Reflection;
using System.Security.Cryptography;
using System.Text.Json;
using SoftmaxService.Inference.Onnx;
using TorchSharp;

namespace SoftmaxService.Training.Runs;

/// <summary>
/// How a model was made: the <c>training</c> of its manifest, with all that is needed to make it again.
/// </summary>
/// <param name="Net">The net, in words.</param>
/// <param name="Augmentation">What is done to training images, in words.</param>
/// <param name="Optimizer">How the weights are found, in words.</param>
/// <param name="TrainingImages">Which images it was trained on.</param>
/// <param name="TestImages">Which images it was measured on.</param>
/// <param name="Sha256">Of every data file, by name.</param>
internal sealed record Provenance(
    string Net,
    string Augmentation,
    string Optimizer,
    string TrainingImages,
    string TestImages,
    IReadOnlyDictionary<string, string> Sha256)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public JsonElement ToJson(TrainingOptions options, TimeSpan trainingTime, OnnxMeasurement test) =>
        JsonSerializer.SerializeToElement(
            new
            {
                Recipe = new
                {
                    Net,
                    Augmentation,
                    Optimizer,
                },
                options.Epochs,
                options.Seed,
                options.Threads,
                Minutes = Math.Round(trainingTime.TotalMinutes, 1),
                Data = new { Images = TrainingImages, Sha256 },
                Test = new
                {
                    Images = TestImages,
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
            },
            Json);

    public static string HashFile(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    private static string? Version(Assembly assembly) =>
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0];
}
