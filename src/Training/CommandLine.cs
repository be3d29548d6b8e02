using System.Globalization;
using SoftmaxService.Training.Cifar10;
using SoftmaxService.Training.Mnist;
using SoftmaxService.Training.Runs;

namespace SoftmaxService.Training;

/// <summary>Reads the command line.</summary>
internal static class CommandLine
{
    public const string Usage = """
        usage: dotnet run --project src/Training -c Release -- mnist|cifar10 --data <path> --output <folder> [options]

          --data <path>          mnist: the folder of its four gzipped IDX files;
                                 cifar10: cifar-10-binary.tar.gz or the folder that it unpacks to
          --output <folder>      the model version's folder, for example models/mnist/1
          --epochs <n>           passes over the training images (default 40 for mnist, 30 for cifar10)
          --seed <n>             seed of every random number (default 1)
          --threads <n>          threads that libtorch computes with (default 1)
          --images <n>           train on the first n images; with fewer than all (55000, 45000), the rest of those
                                 measures each epoch
          --checkpoints <folder> where a run that was stopped goes on from (default checkpoints)
        """;

    public static TrainingOptions Parse(ReadOnlySpan<string> arguments)
    {
        var options = arguments switch
        {
            ["mnist", ..] => Defaults(DataSet.Mnist, MnistRecipe.DefaultEpochs, MnistRecipe.TrainingImages),
            ["cifar10", ..] => Defaults(DataSet.Cifar10, Cifar10Recipe.DefaultEpochs, Cifar10Recipe.TrainingImages),
            _ => throw new ArgumentException("The first argument says what to train; it must be mnist or cifar10."),
        };

        var mostImages = options.Images;
        var rest = arguments[1..];
        for (; rest is [var name, ..]; rest = rest[2..])
        {
            var value = rest is [_, var next, ..] ? next : throw new ArgumentException($"{name} needs a value.");
            options = name switch
            {
                "--data" => options with { DataPath = value },
                "--output" => options with { OutputFolder = value },
                "--epochs" => options with { Epochs = Number(name, value, 1, 10_000) },
                "--seed" => options with { Seed = Number(name, value, 0, int.MaxValue) },
                "--threads" => options with { Threads = Number(name, value, 1, Environment.ProcessorCount) },
                "--images" => options with { Images = Number(name, value, 1, mostImages) },
                "--checkpoints" => options with { CheckpointFolder = value },
                _ => throw new ArgumentException($"{name} is not an option."),
            };
        }

        return options switch
        {
            { DataPath: "" } => throw new ArgumentException("--data is missing."),
            { OutputFolder: "" } => throw new ArgumentException("--output is missing."),
            _ => options,
        };
    }

    private static TrainingOptions Defaults(DataSet dataSet, int epochs, int images) =>
        new() { DataSet = dataSet, DataPath = "", OutputFolder = "", Epochs = epochs, Images = images };

    private static int Number(string name, string text, int low, int high) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && number >= low
        && number <= high
            ? number
            : throw new ArgumentException($"{name} must be a whole number from {low} to {high}, not '{text}'.");
}
