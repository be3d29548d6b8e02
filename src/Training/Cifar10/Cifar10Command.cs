using SoftmaxService.Training.Data;
using SoftmaxService.Training.Runs;
using TorchSharp;

namespace SoftmaxService.Training.Cifar10;

/// <summary>Data → trained net → ONNX, measured → model folder.</summary>
internal static class Cifar10Command
{
    private const double MaxLogitDifference = 1e-4;

    /// <exception cref="InvalidDataException">A data file or the checkpoint is not what it should be.</exception>
    /// <exception cref="IOException">A file is missing or cannot be written.</exception>
    /// <exception cref="InvalidOperationException">
    /// ONNX Runtime computes something else than the trained net.
    /// </exception>
    public static void Run(TrainingOptions options, Action<string> log)
    {
        torch.set_num_threads(options.Threads);
        var data = Cifar10Data.Read(options.DataPath);

        using var trainer = new Cifar10Trainer(
            data.Training.Slice(..options.Images),
            data.Training.Slice(options.Images..Cifar10Recipe.TrainingImages),
            PhotoNet.DefaultWidths,
            options.Epochs,
            options.Seed,
            Path.Combine(
                options.CheckpointFolder,
                $"cifar10-{options.Images}-images-{options.Epochs}-epochs-seed-{options.Seed}.bin"));
        trainer.Run(log);

        var model = PhotoNetExport.ToOnnx(trainer.Net);
        var measured = OnnxMeasurement.Of(
            model,
            data.Test,
            Cifar10Recipe.PixelScale,
            Cifar10Recipe.Mean,
            Cifar10Recipe.Std);
        measured.RequireLogits(trainer.Logits(data.Test), MaxLogitDifference);
        ModelFolder.Write(
            options.OutputFolder,
            model,
            Cifar10Manifest.Describe(options, data, trainer.Elapsed, measured));
        log($"{measured.Summary}  {model.Length} bytes");
    }
}
