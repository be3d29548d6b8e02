using System.Globalization;
using SoftmaxService.Inference.Models;
using SoftmaxService.Training;
using SoftmaxService.Training.Data;
using SoftmaxService.Training.Mnist;
using TorchSharp;

const double MaxLogitDifference = 1e-4;

TrainingOptions options;
try
{
    options = TrainingOptions.Parse(args);
}
catch (ArgumentException problem)
{
    Console.Error.WriteLine(problem.Message);
    Console.Error.WriteLine(TrainingOptions.Usage);
    return 2;
}

torch.set_num_threads(options.Threads);

// Both parts are read before anything is trained: a missing file must not be found out half an hour later.
var all = LabelledImages.ReadIdx(options.DataFolder, "train", DigitNet.ClassCount);
var test = LabelledImages.ReadIdx(options.DataFolder, "t10k", DigitNet.ClassCount);

using var trainer = new MnistTrainer(
    all.Slice(..options.Images),
    all.Slice(options.Images..MnistRecipe.TrainingImages),
    options.Epochs,
    options.Seed,
    Path.Combine(options.CheckpointFolder, $"mnist-{options.Images}-images-{options.Epochs}-epochs-seed-{options.Seed}.bin"));
trainer.Run(Log);

var model = DigitNetExport.ToOnnx(trainer.Net);
var measured = OnnxMeasurement.Of(model, test, MnistRecipe.PixelScale, MnistRecipe.Mean, MnistRecipe.Std);
var difference = measured.LargestDifference(trainer.Logits(test));
// Written so that NaN does not pass.
if (!(difference <= MaxLogitDifference))
{
    Console.Error.WriteLine($"ONNX Runtime's logits differ from TorchSharp's by {difference}; nothing was written.");
    return 1;
}

Log(string.Create(
    CultureInfo.InvariantCulture,
    $"test {measured.Right} of {measured.Total} ({measured.Accuracy:P3})  {measured.MedianMicroseconds:F0} µs an image  {model.Length} bytes  logits within {difference:E1} of TorchSharp"));

Directory.CreateDirectory(options.OutputFolder);
File.WriteAllBytes(Path.Combine(options.OutputFolder, "model.onnx"), model);
File.WriteAllBytes(
    Path.Combine(options.OutputFolder, ModelManifest.FileName),
    [.. MnistManifest.Describe(options, trainer.Elapsed, measured).ToUtf8Json(), (byte)'\n']);
return 0;

static void Log(string line) => Console.WriteLine($"{DateTime.Now.ToString("HH:mm:ss", CultureInfo.InvariantCulture)}  {line}");
