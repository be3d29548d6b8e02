using SoftmaxService.Training.Mnist;

namespace SoftmaxService.Training.Tests.Mnist;

public sealed class MnistCommandTests
{
    [Fact]
    public void Run_FewerImagesThanTheRecipeNeeds_SaysSoBeforeTraining()
    {
        using var folder = new TemporaryFolder();
        IdxFolder.Write(folder, "train", Drawings.RingsAndBars(4));
        IdxFolder.Write(folder, "t10k", Drawings.RingsAndBars(2));
        var options = CommandLine.Parse(["mnist", "--data", folder.Path, "--output", folder.PathOf("out")]);

        var problem = Assert.Throws<InvalidDataException>(() => MnistCommand.Run(options, _ => { }));

        Assert.Equal("The training part has 4 images; the first 55000 are needed.", problem.Message);
        Assert.False(Directory.Exists(options.OutputFolder));
    }

    [Fact]
    public void Run_TestPartMissing_SaysSoBeforeTraining()
    {
        using var folder = new TemporaryFolder();
        IdxFolder.Write(folder, "train", Drawings.RingsAndBars(4));
        var options = CommandLine.Parse(["mnist", "--data", folder.Path, "--output", folder.PathOf("out")]);

        Assert.Throws<FileNotFoundException>(() => MnistCommand.Run(options, _ => { }));
    }
}
