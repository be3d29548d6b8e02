using System.Globalization;

namespace SoftmaxService.Training;

/// <summary>What can be trained.</summary>
internal enum DataSet
{
    Mnist,
    Cifar10,
}

/// <summary>The command line: what to train, from what, to where.</summary>
internal sealed record TrainingOptions
{
    public const string Usage = """
        usage: dotnet run --project src/Training -c Release -- mnist --data <folder> --output <folder> [options]

          --data <folder>        holds the four gzipped IDX files of MNIST
          --output <folder>      the model version's folder, for example models/mnist/1
          --epochs <n>           passes over the training images (default 40)
          --seed <n>             seed of every random number (default 1)
          --threads <n>          threads that libtorch computes with (default 1)
          --images <n>           train on the first n images; with fewer than 55000, the rest of those measure each epoch (default 55000)
          --checkpoints <folder> where a run that was stopped goes on from (default checkpoints)
        """;

    private const string UnknownCommand = "The first argument says what to train; it must be mnist or cifar10.";

    public required string DataFolder { get; init; }

    public required string OutputFolder { get; init; }

    public DataSet DataSet { get; init; }

    public int Epochs { get; init; } = Mnist.MnistRecipe.DefaultEpochs;

    public int Seed { get; init; } = 1;

    public int Threads { get; init; } = 1;

    public int Images { get; init; } = Mnist.MnistRecipe.TrainingImages;

    public string CheckpointFolder { get; init; } = "checkpoints";

    public static TrainingOptions Parse(ReadOnlySpan<string> arguments)
    {
        var options = new TrainingOptions { DataFolder = "", OutputFolder = "" };
        options = arguments is [var command, ..] ? command switch
        {
            "mnist" => options with { DataSet = DataSet.Mnist, Epochs = Mnist.MnistRecipe.DefaultEpochs, Images = Mnist.MnistRecipe.TrainingImages },
            "cifar10" => options with { DataSet = DataSet.Cifar10, Epochs = Cifar10.Cifar10Recipe.DefaultEpochs, Images = Cifar10.Cifar10Recipe.TrainingImages },
            _ => throw new ArgumentException(UnknownCommand),
        } : throw new ArgumentException(UnknownCommand);

        var mostImages = options.Images;
        var rest = arguments[1..];
        for (; rest is [var name, ..]; rest = rest[2..])
        {
            var value = rest is [_, var next, ..] ? next : throw new ArgumentException($"{name} needs a value.");
            options = name switch
            {
                "--data" => options with { DataFolder = value },
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
            { DataFolder: "" } => throw new ArgumentException("--data is missing."),
            { OutputFolder: "" } => throw new ArgumentException("--output is missing."),
            _ => options,
        };
    }

    private static int Number(string name, string text, int low, int high) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= low && number <= high
            ? number
            : throw new ArgumentException($"{name} must be a whole number from {low} to {high}, not '{text}'.");
}
