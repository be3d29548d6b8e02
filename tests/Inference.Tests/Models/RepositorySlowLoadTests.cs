using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Inference.Tests.Models;

/// <summary>What may happen to a repository while a version loads.</summary>
public sealed class RepositorySlowLoadTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task LoadDue_FilesThatChangeMeanwhile_AreNotTaken()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three);
        _ = live.Current;
        var (slow, load) = BeginLoad(live);
        slow.WhileItRuns(() => live.With("b/1", LiveFolder.Four));
        await load;

        Assert.Equal(["a/1:3"], live.Served);
        Assert.Equal(1, live.Repository.LoadedCount);
        Assert.Contains(
            "changed while they were read", Assert.Single(live.Current.Failures).Reason, StringComparison.Ordinal);

        live.Repository.Scan();
        live.Time.Advance(LiveFolder.SettleTime);
        load = Task.Run(live.Repository.LoadDue);
        slow.WhileItRuns(() => { });
        await load;
        Assert.Equal(["a/1:3", "b/1:4"], live.Served);
        Assert.Empty(live.Current.Failures);
    }

    [Fact]
    public async Task Scan_WhileALoadTakesLong_StillSeesWhatIsDeleted()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three).With("a/2", LiveFolder.Four);
        _ = live.Current;
        var (slow, load) = BeginLoad(live);
        slow.WhileItRuns(() =>
        {
            Directory.Delete(live.At("a/2"), recursive: true);
            live.Repository.Scan();
            live.Time.Advance(LiveFolder.SettleTime);
            live.Repository.Scan();
            Assert.Equal(["a/1:3"], live.Served);
            Assert.Equal(ModelState.Loading, live.Repository.Index().Single(entry => entry.Name == "b").State);
        });
        await load;

        Assert.Equal(["a/1:3", "b/1:3"], live.Served);
    }

    [Fact]
    public async Task Scan_FolderThatIsDeletedWhileItLoads_EndsTheLoad()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three);
        _ = live.Current;
        live.With("b/1", SmallModels.Endless());
        using var begun = new ManualResetEventSlim();
        live.Repository.Reading = _ => begun.Set();
        live.Repository.Scan();
        live.Time.Advance(LiveFolder.SettleTime);
        var load = live.Repository.LoadDueAsync();
        Assert.True(begun.Wait(Patience));

        Directory.Delete(live.At("b"), recursive: true);
        live.Repository.Scan();
        await load.WaitAsync(Patience);

        Assert.Equal(0, live.Repository.AbandonedLoads);
        Assert.Empty(live.Changes);
    }

    [Fact]
    public async Task Scan_FolderThatIsDeletedWhileItsLoadDoesNotEnd_HoldsUpNobody()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three);
        _ = live.Current;
        var (slow, load) = BeginLoad(live);
        slow.WaitUntilItRuns();
        Directory.Delete(live.At("b"), recursive: true);
        live.Repository.Scan();
        await load.WaitAsync(Patience);

        Assert.Equal(1, live.Repository.AbandonedLoads);
        Assert.Empty(live.Changes);
        slow.Release();
        Assert.True(SpinWait.SpinUntil(() => live.Repository.AbandonedLoads == 0, Patience));
        Assert.Equal(1, live.Repository.LoadedCount);
    }

    [Fact]
    public async Task Dispose_WhileAModelLoads_FreesItWhenItIsLoaded()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three);
        _ = live.Current;
        var (slow, load) = BeginLoad(live);
        Task? closing = null;
        slow.WhileItRuns(() => closing = Task.Run(live.Repository.Dispose));
        await Task.WhenAll(load, closing!);

        Assert.Empty(live.Served);
        Assert.Equal(0, live.Repository.LoadedCount);
        Assert.Equal(
            InferenceError.ModelNotFound,
            Assert.Throws<InferenceException>(() => live.Repository.Acquire(null, null)).Error);
    }

    /// <summary>Adds b/1 and begins to load it, which lasts until it is released.</summary>
    private static (SlowLoad Slow, Task Load) BeginLoad(LiveFolder live)
    {
        live.With("b/1", LiveFolder.Three);
        var slow = new SlowLoad(live.Repository, "b");
        live.Repository.Scan();
        live.Time.Advance(LiveFolder.SettleTime);
        return (slow, Task.Run(live.Repository.LoadDue));
    }
}
