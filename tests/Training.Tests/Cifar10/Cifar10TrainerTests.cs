using SoftmaxService.Training.Cifar10;
using SoftmaxService.Training.Data;
using SoftmaxService.Training.Runs;

namespace SoftmaxService.Training.Tests.Cifar10;

public sealed class Cifar10TrainerTests
{
    private const int Epochs = 5;

    private static readonly LabelledImages Images = Drawings.RedAndBlue(64);
    private static readonly LabelledImages Unseen = Drawings.RedAndBlue(20, seed: 2);
    private static readonly LabelledImages None = Unseen.Slice(0..0);

    [Fact]
    public void Run_TwoPlainClasses_LearnsThemAndIsServedAsItIs()
    {
        using var folder = new TemporaryFolder();
        using var trainer = new Cifar10Trainer(
            Drawings.RedAndBlue(128),
            Unseen,
            [8, 8, 8],
            epochs: 40,
            seed: 1,
            folder.PathOf("run.bin"));
        var lines = new List<string>();

        trainer.Run(lines.Add);

        var logits = trainer.Logits(Unseen);
        Assert.Equal(20, Unseen.CountRight(logits));
        Assert.Matches(
            @"^epoch  40 of 40  loss \d\.\d{4}  right while training \d+\.\d\d %  wrong 0 of 20  \d+ s$",
            lines[^1]);
        Assert.True(trainer.Elapsed > TimeSpan.Zero);
        var measured = OnnxMeasurement.Of(
            PhotoNetExport.ToOnnx(trainer.Net),
            Unseen,
            Cifar10Recipe.PixelScale,
            Cifar10Recipe.Mean,
            Cifar10Recipe.Std);
        measured.RequireLogits(logits, 1e-4);
        Assert.Equal((20, 20), (measured.Right, measured.Total));
    }

    [Fact]
    public void Run_StoppedAndStartedAgain_EndsLikeARunThatWasNeverStopped()
    {
        using var folder = new TemporaryFolder();
        using var whole = Trainer(folder.PathOf("whole.bin"));
        whole.Run(_ => { });

        using (var stopped = Trainer(folder.PathOf("stopped.bin")))
        {
            Assert.Throws<OperationCanceledException>(() => stopped.Run(_ => throw new OperationCanceledException()));
        }

        using var resumed = Trainer(folder.PathOf("stopped.bin"));
        var lines = new List<string>();
        resumed.Run(lines.Add);

        Assert.Equal($"goes on after epoch 1 of {Epochs}", lines[0]);
        Assert.Equal(whole.Logits(Unseen), resumed.Logits(Unseen));
    }

    private static Cifar10Trainer Trainer(string checkpointPath) =>
        new(Images, None, [8, 8, 8], Epochs, seed: 1, checkpointPath);
}
