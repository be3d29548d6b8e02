using SoftmaxService.Training.Runs;
using static TorchSharp.torch;

namespace SoftmaxService.Training.Tests.Runs;

public sealed class CheckpointTests
{
    [Fact]
    public void TryLoad_NoFile_IsFalse()
    {
        using var folder = new TemporaryFolder();

        Assert.False(new Checkpoint(folder.PathOf("none.bin"), "a", []).TryLoad(out _, out _));
    }

    [Fact]
    public void TryLoad_SavedState_IsRestored()
    {
        using var folder = new TemporaryFolder();
        var path = folder.PathOf("new-folder/run.bin");
        using var floats = tensor([1.5f, -2f]);
        using var integer = tensor(7L);
        new Checkpoint(path, "a", [floats, integer]).Save(3, TimeSpan.FromSeconds(90));
        using var loadedFloats = zeros(2);
        using var loadedInteger = tensor(0L);

        Assert.True(
            new Checkpoint(path, "a", [loadedFloats, loadedInteger]).TryLoad(out var finishedEpochs, out var elapsed));

        Assert.Equal((3, TimeSpan.FromSeconds(90)), (finishedEpochs, elapsed));
        Assert.Equal([1.5f, -2f], loadedFloats.data<float>().ToArray());
        Assert.Equal(7, loadedInteger.item<long>());
    }

    [Fact]
    public void TryLoad_OfAnotherRun_IsRejected()
    {
        using var folder = new TemporaryFolder();
        var path = folder.PathOf("run.bin");
        new Checkpoint(path, "seed=1", []).Save(3, TimeSpan.Zero);

        var problem = Assert.Throws<InvalidDataException>(() =>
            new Checkpoint(path, "seed=2", []).TryLoad(out _, out _));

        Assert.Contains("belongs to the run 'seed=1', not to 'seed=2'", problem.Message, StringComparison.Ordinal);
    }
}
