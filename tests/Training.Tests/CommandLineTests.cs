using SoftmaxService.Training.Runs;

namespace SoftmaxService.Training.Tests;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("mnist", DataSet.Mnist, 40, 55_000)]
    [InlineData("cifar10", DataSet.Cifar10, 30, 45_000)]
    internal void Parse_OnlyWhatIsNeeded_LeavesTheRestAtDefaults(
        string command,
        DataSet dataSet,
        int epochs,
        int images)
    {
        var options = CommandLine.Parse([command, "--data", "in", "--output", "out"]);

        Assert.Equal(
            new TrainingOptions
            {
                DataSet = dataSet,
                DataPath = "in",
                OutputFolder = "out",
                Epochs = epochs,
                Images = images,
            },
            options);
    }

    [Fact]
    public void Parse_EveryOption_IsTaken()
    {
        var options = CommandLine.Parse([
            "mnist",
            "--data",
            "in",
            "--output",
            "out",
            "--epochs",
            "3",
            "--seed",
            "7",
            "--threads",
            "1",
            "--images",
            "50000",
            "--checkpoints",
            "kept",
        ]);

        Assert.Equal(
            new TrainingOptions
            {
                DataSet = DataSet.Mnist,
                DataPath = "in",
                OutputFolder = "out",
                Epochs = 3,
                Seed = 7,
                Threads = 1,
                Images = 50_000,
                CheckpointFolder = "kept",
            },
            options);
    }

    [Theory]
    [InlineData("", "The first argument says what to train")]
    [InlineData("cifar100 --data in", "The first argument says what to train")]
    [InlineData("mnist --output out", "--data is missing")]
    [InlineData("mnist --data in", "--output is missing")]
    [InlineData("mnist --data", "--data needs a value")]
    [InlineData("mnist --data in --output out --epoch 3", "--epoch is not an option")]
    [InlineData("mnist --data in --output out --epochs 0", "--epochs must be a whole number from 1 to 10000, not '0'")]
    [InlineData("mnist --data in --output out --seed x", "--seed must be a whole number")]
    [InlineData(
        "mnist --data in --output out --images 55001",
        "--images must be a whole number from 1 to 55000, not '55001'")]
    [InlineData(
        "cifar10 --data in --output out --images 45001",
        "--images must be a whole number from 1 to 45000, not '45001'")]
    public void Parse_WrongArguments_SaysWhatIsWrong(string line, string message)
    {
        var problem = Assert.Throws<ArgumentException>(() =>
            CommandLine.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)));

        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
    }
}
