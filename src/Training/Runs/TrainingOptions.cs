namespace SoftmaxService.Training.Runs;

/// <summary>What can be trained.</summary>
internal enum DataSet
{
    Mnist,
    Cifar10,
}

/// <summary>What to train, from which data, to which folder.</summary>
internal sealed record TrainingOptions
{
    public required DataSet DataSet { get; init; }

    public required string DataPath { get; init; }

    public required string OutputFolder { get; init; }

    public required int Epochs { get; init; }

    public int Seed { get; init; } = 1;

    public int Threads { get; init; } = 1;

    public required int Images { get; init; }

    public string CheckpointFolder { get; init; } = "checkpoints";
}
