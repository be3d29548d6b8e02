using SoftmaxService.Training.Data;
using SoftmaxService.Training.Runs;
using TorchSharp;

namespace SoftmaxService.Training.Mnist;

/// <summary>Data → trained net → ONNX, measured → model folder.</summary>
internal static class MnistCommand
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

        // Both parts are read before anything is trained: a missing file must not be found out half an hour later.
        var all = LabelledImages.ReadIdx(options.DataPath, "train", DigitNet.ClassCount);
        var test = LabelledImages.ReadIdx(options.DataPath, "t10k", DigitNet.ClassCount);
        if (all.Count < MnistRecipe.TrainingImages)
        {
            throw new InvalidDataException(
                $"The training part has {all.Count} images; the first {MnistRecipe.TrainingImages} are needed.");
        }

        using var trainer = new MnistTrainer(
            all.Slice(..options.Images),
            all.Slice(options.Images..MnistRecipe.TrainingImages),
            options.Epochs,
            options.Seed,
            Path.Combine(
                options.CheckpointFolder,
                $"mnist-{options.Images}-images-{options.Epochs}-epochs-seed-{options.Seed}.bin"));
        trainer.Run(log);

        var model = DigitNetExport.ToOnnx(trainer.Net);
        var measured = OnnxMeasurement.Of(model, test, MnistRecipe.PixelScale, [MnistRecipe.Mean], [MnistRecipe.Std]);
        measured.RequireLogits(trainer.Logits(test), MaxLogitDifference);
        ModelFolder.Write(options.OutputFolder, model, MnistManifest.Describe(options, trainer.Elapsed, measured));
        log($"{measured.Summary}  {model.Length} bytes");
    }
}
