using SoftmaxService.Inference.Models;

namespace SoftmaxService.Inference.Tests.Models;

/// <summary>How new content replaces the old, which serves until its last lease is returned.</summary>
public sealed class RepositoryReplacementTests
{
    [Fact]
    public void LoadDue_BrokenNewContent_LeavesTheOldServingAndIsReportedOnce()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three);
        var old = live.Current.Find("a", "1");
        live.With("a/1", LiveFolder.Garbage);
        live.Follow();
        live.Follow();
        live.Follow();

        Assert.Same(old, live.Current.Find("a", "1"));
        Assert.Equal(3, LiveFolder.Classify(old));
        var failure = Assert.Single(live.Current.Failures);
        Assert.Equal(("a", "1", true), (failure.Name, failure.Version, failure.KeepsServing));
        Assert.Contains("ONNX Runtime cannot load it", failure.Reason, StringComparison.Ordinal);
        Assert.Contains("the older content keeps serving", failure.Reason, StringComparison.Ordinal);
        Assert.Equal(ModelChangeKind.Failed, Assert.Single(live.Changes).Kind);
        Assert.Equal(
            (ModelState.Ready, failure.Reason), (live.Repository.Index()[0].State, live.Repository.Index()[0].Reason));

        live.With("a/1", [.. LiveFolder.Garbage, 4]);
        live.Follow();
        Assert.Equal(2, live.Changes.Count);
    }

    [Fact]
    public void LoadDue_ChangedContent_ReplacesTheOldAndFreesIt()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three);
        var old = live.Current.Find("a", "1");
        live.With("a/1", LiveFolder.Four);
        live.Follow();

        Assert.Equal(["a/1:4"], live.Served);
        Assert.True(LiveFolder.IsFreed(old));
        Assert.Equal(1, live.Repository.LoadedCount);
    }

    [Fact]
    public void LoadDue_TwoHundredSwaps_FreesEveryReplacedVersion()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three);
        var replaced = new List<ClassifierModel>();
        for (var swap = 0; swap < 200; swap++)
        {
            replaced.Add(live.Current.Find("a", "1"));
            live.With("a/1", swap % 2 == 0 ? LiveFolder.Four : LiveFolder.Three);
            live.Follow();
        }

        Assert.Equal(200, replaced.Distinct().Count());
        Assert.Equal(1, live.Repository.LoadedCount);
        Assert.All(replaced, model => Assert.True(LiveFolder.IsFreed(model)));
        Assert.False(LiveFolder.IsFreed(live.Current.Find("a", "1")));
    }

    [Fact]
    public void Acquire_VersionThatIsReplaced_StaysUntilTheLeaseIsReturned()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three);
        var lease = live.Repository.Acquire("a", null);
        var second = live.Repository.Acquire(null, "1");
        var old = lease.Model;
        live.With("a/1", LiveFolder.Four);
        live.Follow();

        using (var next = live.Repository.Acquire("a", null))
        {
            Assert.Equal(4, LiveFolder.Classify(next.Model));
        }

        Assert.Equal(3, LiveFolder.Classify(old));
        Assert.Equal(2, live.Repository.LoadedCount);
        lease.Dispose();
        lease.Dispose();
        Assert.Equal(3, LiveFolder.Classify(second.Model));
        second.Dispose();
        Assert.True(LiveFolder.IsFreed(old));
        Assert.Equal(1, live.Repository.LoadedCount);
        Assert.Throws<ObjectDisposedException>(() => lease.Model);
    }

    [Fact]
    public async Task Acquire_WhileVersionsAreSwapped_NeverReturnsAFreedOne()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three);
        _ = live.Current;
        using var ended = new CancellationTokenSource();
        var counts = new int[2];
        var requests = Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(() =>
        {
            while (!ended.IsCancellationRequested)
            {
                using var lease = live.Repository.Acquire("a", null);
                Interlocked.Increment(ref counts[LiveFolder.Classify(lease.Model) - 3]);
            }
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();

        for (var swap = 0; swap < 50; swap++)
        {
            live.With("a/1", swap % 2 == 0 ? LiveFolder.Four : LiveFolder.Three);
            live.Follow();
            var answered = Volatile.Read(ref counts[1 - (swap % 2)]);
            Assert.True(
                SpinWait.SpinUntil(
                    () => Volatile.Read(ref counts[1 - (swap % 2)]) > answered, TimeSpan.FromSeconds(30)));
        }

        await ended.CancelAsync();
        await Task.WhenAll(requests);
        Assert.Equal(1, live.Repository.LoadedCount);
    }

    [Fact]
    public void Dispose_WhileAVersionIsLeased_FreesItWithTheLease()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three);
        using (var lease = live.Repository.Acquire("a", null))
        {
            live.Repository.Dispose();
            Assert.Equal(3, LiveFolder.Classify(lease.Model));
        }

        Assert.Equal(0, live.Repository.LoadedCount);
    }
}
