using SoftmaxService.Training.Data;
using SoftmaxService.Training.Mnist;

namespace SoftmaxService.Training.Tests.Mnist;

public sealed class MnistTrainerTests
{
    private static readonly LabelledImages Images = Drawings.RingsAndBars(200);
    private static readonly LabelledImages Unseen = Drawings.RingsAndBars(50, seed: 2);
    private static readonly LabelledImages None = Unseen.Slice(0..0);

    [Fact]
    public void Run_TwoPlainClasses_LearnsThem()
    {
        using var folder = new TemporaryFolder();
        using var trainer = new MnistTrainer(Images, Unseen, epochs: 4, seed: 1, folder.PathOf("run.bin"));
        var lines = new List<string>();

        trainer.Run(lines.Add);

        Assert.Equal(50, Unseen.CountRight(trainer.Logits(Unseen)));
        Assert.Equal(4, lines.Count);
        Assert.Matches(@"^epoch   4 of 4  loss \d\.\d{4}  wrong 0 of 50  \d+ s$", lines[3]);
        Assert.True(trainer.Elapsed > TimeSpan.Zero);
    }

    [Fact]
    public void Run_StoppedAndStartedAgain_EndsLikeARunThatWasNeverStopped()
    {
        using var folder = new TemporaryFolder();
        using var whole = new MnistTrainer(Images, None, epochs: 3, seed: 1, folder.PathOf("whole.bin"));
        whole.Run(_ => { });

        using (var stopped = new MnistTrainer(Images, None, epochs: 3, seed: 1, folder.PathOf("stopped.bin")))
        {
            Assert.Throws<OperationCanceledException>(() => stopped.Run(_ => throw new OperationCanceledException()));
        }

        using var resumed = new MnistTrainer(Images, None, epochs: 3, seed: 1, folder.PathOf("stopped.bin"));
        var lines = new List<string>();
        resumed.Run(lines.Add);

        Assert.Equal("goes on after epoch 1 of 3", lines[0]);
        Assert.Equal(whole.Logits(Unseen), resumed.Logits(Unseen));
    }
}
