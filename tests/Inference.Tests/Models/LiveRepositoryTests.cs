using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Inference.Tests.Models;

public sealed class LiveRepositoryTests
{
    private static readonly string[] ServesThree = ["a/1:3"];

    [Fact]
    public void Scan_NewVersion_IsServedOnceItsFilesHaveSettled()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three);
        var before = live.Current;
        live.With("a/2", LiveFolder.Four);

        Assert.Equal(LiveFolder.SettleTime, live.Repository.Scan());
        Assert.False(live.Repository.IsLoadDue);
        live.Time.Advance(LiveFolder.SettleTime / 2);
        Assert.Equal(LiveFolder.SettleTime / 2, live.Repository.Scan());
        live.Time.Advance(LiveFolder.SettleTime / 2);
        Assert.True(live.Repository.IsLoadDue);
        live.Repository.LoadDue();

        Assert.Equal(["a/1:3", "a/2:4"], live.Served);
        Assert.Equal("2", live.Current.Find("a", null).Version);
        Assert.Single(before.Models);
        Assert.Equal(
            (ModelChangeKind.Loaded, "a", "2"),
            (live.Changes.Single().Kind, live.Changes.Single().Name, live.Changes.Single().Version));
        Assert.Equal(Timeout.InfiniteTimeSpan, live.Repository.Scan());
    }

    [Fact]
    public void Scan_NothingChanged_KeepsTheCatalog()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three).With("b/1", LiveFolder.Garbage);
        var before = live.Current;

        live.Follow();

        Assert.Same(before, live.Current);
        Assert.Empty(live.Changes);
    }

    [Fact]
    public void Scan_OtherContentOfTheSameLengthAndTime_IsServed()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three);
        var written = new DateTime(2024, 2, 29, 12, 0, 0, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(live.At("a/1/model.onnx"), written);
        var before = live.Current.Find("a", null);

        byte[] other = [.. LiveFolder.Three];
        File.WriteAllBytes(live.At("new.tmp"), other);
        File.SetLastWriteTimeUtc(live.At("new.tmp"), written);
        File.Move(live.At("new.tmp"), live.At("a/1/model.onnx"), overwrite: true);
        live.Follow();
        var replaced = live.Current.Find("a", null);
        Assert.NotSame(before, replaced);

        // The same file, written in place, with its time restored.
        File.WriteAllBytes(live.At("a/1/model.onnx"), other);
        File.SetLastWriteTimeUtc(live.At("a/1/model.onnx"), written);
        live.Follow();
        Assert.NotSame(replaced, live.Current.Find("a", null));
    }

    [Fact]
    public void Scan_LinkedFolderWithANewTarget_IsReloaded()
    {
        using var live = new LiveFolder();
        var written = new DateTime(2024, 2, 29, 12, 0, 0, DateTimeKind.Utc);
        foreach (var name in new[] { ".first", ".second" })
        {
            Directory.CreateDirectory(live.At(name));
            File.WriteAllBytes(live.At($"{name}/model.onnx"), LiveFolder.Three);
            File.SetLastWriteTimeUtc(live.At($"{name}/model.onnx"), written);
        }

        Directory.CreateDirectory(live.At("a/1"));
        File.CreateSymbolicLink(live.At(".current"), ".first");
        File.CreateSymbolicLink(live.At("a/1/model.onnx"), "../../.current/model.onnx");
        var before = live.Current.Find("a", null);
        Directory.Delete(live.At(".current"));
        File.CreateSymbolicLink(live.At(".current"), ".second");
        live.Follow();

        Assert.NotSame(before, live.Current.Find("a", null));
    }

    [Fact]
    public void Scan_FileThatGrows_IsNotLoadedUntilItRests()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three);
        _ = live.Current;
        Directory.CreateDirectory(live.At("b/1"));
        using (var file = File.Create(live.At("b/1/model.onnx")))
        {
            foreach (var part in LiveFolder.Four.Chunk(LiveFolder.Four.Length / 5))
            {
                file.Write(part);
                file.Flush();
                live.Repository.Scan();
                live.Time.Advance(LiveFolder.SettleTime * 0.9);
                live.Repository.Scan();
                live.Repository.LoadDue();
                Assert.Equal(ServesThree, live.Served);
            }
        }

        live.Follow();

        Assert.Equal(["a/1:3", "b/1:4"], live.Served);
        Assert.Equal(ModelChangeKind.Loaded, Assert.Single(live.Changes).Kind);
    }

    [Fact]
    public void Scan_CopyThatStalls_IsReportedAndTakenUpWhenItGoesOn()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three);
        _ = live.Current;
        live.With("a/1", LiveFolder.Four[..^20]);
        live.Follow();

        Assert.Equal(ServesThree, live.Served);
        Assert.True(Assert.Single(live.Current.Failures).KeepsServing);
        live.With("a/1", LiveFolder.Four);
        live.Follow();

        Assert.Equal(["a/1:4"], live.Served);
        Assert.Empty(live.Current.Failures);
    }

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
    public void Scan_ChangedManifest_ReloadsTheVersion()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three, """{"labels": ["x", "y", "z"]}""");
        Assert.Equal("x", live.Current.Find("a", "1").Labels[0]);
        live.With("a/1", LiveFolder.Three, """{"labels": ["rose", "y", "z"]}""");
        live.Follow();
        Assert.Equal("rose", live.Current.Find("a", "1").Labels[0]);

        File.Delete(live.At("a/1/model.json"));
        live.Follow();
        Assert.Equal("0", live.Current.Find("a", "1").Labels[0]);
    }

    [Theory]
    [InlineData("reliability.svg")]
    [InlineData("README.md")]
    [InlineData(".model.onnx.swp")]
    public void Scan_ChangeOfAnUnusedFile_ChangesNothing(string name)
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three);
        var old = live.Current.Find("a", "1");
        File.WriteAllText(live.At($"a/1/{name}"), "drawn again");
        live.Follow();

        Assert.Same(old, live.Current.Find("a", "1"));
    }

    [Fact]
    public void Scan_VersionThatIsDeleted_IsUnlistedOnceThatHasSettled()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three).With("a/2", LiveFolder.Four);
        var deleted = live.Current.Find("a", "2");
        Directory.Delete(live.At("a/2"), recursive: true);
        Assert.Equal(LiveFolder.SettleTime, live.Repository.Scan());
        Assert.Equal(4, LiveFolder.Classify(deleted));
        live.Follow();

        Assert.Equal(ServesThree, live.Served);
        Assert.True(LiveFolder.IsFreed(deleted));
        Assert.Empty(live.Current.Failures);
        Assert.Equal((ModelChangeKind.Unloaded, "2"), (live.Changes.Single().Kind, live.Changes.Single().Version));
    }

    [Fact]
    public void Scan_LastVersionThatIsDeleted_LeavesTheOthersServing()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three).With("b/1", LiveFolder.Four);
        Assert.Equal("a", live.Current.DefaultModel);
        Directory.Delete(live.At("a"), recursive: true);
        live.Follow();

        Assert.Equal("b", live.Current.DefaultModel);
        Assert.Equal(
            InferenceError.ModelNotFound,
            Assert.Throws<InferenceException>(() => live.Repository.Acquire("a", null)).Error);
    }

    [Fact]
    public void Scan_OnnxFileThatIsDeleted_UnlistsTheVersion()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three, "{}").With("b/1", LiveFolder.Three);
        _ = live.Current;
        File.Delete(live.At("a/1/model.onnx"));
        live.Follow();
        live.Follow();

        Assert.Equal(["b/1:3"], live.Served);
        var failure = Assert.Single(live.Current.Failures);
        Assert.Equal(("a", false), (failure.Name, failure.KeepsServing));
        Assert.Contains("holds no model.onnx", failure.Reason, StringComparison.Ordinal);
        Assert.Equal([ModelChangeKind.Unloaded, ModelChangeKind.Failed], live.Changes.Select(change => change.Kind));
    }

    [Fact]
    public void Scan_FolderRenamedIntoPlace_IsSwappedWithoutAGap()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three).With(".staging/a", LiveFolder.Four);
        _ = live.Current;
        Directory.Move(live.At("a/1"), live.At("a/.old"));
        live.Repository.Scan();
        Directory.Move(live.At(".staging/a"), live.At("a/1"));
        live.Repository.Scan();
        Assert.Equal(ServesThree, live.Served);
        live.Follow();

        Assert.Equal(["a/1:4"], live.Served);
        Assert.Equal(ModelChangeKind.Loaded, Assert.Single(live.Changes).Kind);
    }

    [Fact]
    public void Scan_RepositoryThatDisappearsAndReturns_KeepsServingAndIsFollowed()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three);
        _ = live.Current;
        Directory.Move(live.Path, live.Path + "-away");
        live.Follow();
        Assert.Equal(ServesThree, live.Served);

        Directory.Move(live.Path + "-away", live.Path);
        live.Follow();
        Assert.Equal(ServesThree, live.Served);
        Assert.Empty(live.Current.Failures);
    }

    [Fact]
    public void Scan_LinksWithNewTargets_AreFollowed()
    {
        // Like a volume in Kubernetes: the files are links through a hidden link, which is replaced by a rename.
        using var live = new LiveFolder().With("a/1/..first", LiveFolder.Three).With("a/1/..second", LiveFolder.Four);
        Directory.CreateSymbolicLink(live.At("a/1/..data"), "..first");
        File.CreateSymbolicLink(live.At("a/1/model.onnx"), Path.Combine("..data", "model.onnx"));
        Directory.CreateSymbolicLink(live.At("a/2"), live.At("a/1/..first"));
        Assert.Equal(["a/1:3", "a/2:3"], live.Served);

        Directory.Delete(live.At("a/1/..data"));
        Directory.CreateSymbolicLink(live.At("a/1/..data"), "..second");
        live.Follow();
        Assert.Equal(["a/1:4", "a/2:3"], live.Served);

        Directory.Delete(live.At("a/2"));
        Directory.CreateSymbolicLink(live.At("a/2"), live.At("a/1/..second"));
        live.Follow();
        Assert.Equal(["a/1:4", "a/2:4"], live.Served);
    }

    [Fact]
    public void Scan_ModelFolderWithoutVersions_IsReportedOnceThatHasSettled()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three);
        _ = live.Current;
        Directory.CreateDirectory(live.At("b"));
        live.Repository.Scan();
        Assert.Empty(live.Current.Failures);
        live.Follow();
        live.Follow();

        Assert.Contains("b/1/model.onnx", Assert.Single(live.Current.Failures).Reason, StringComparison.Ordinal);
        Assert.Equal("b", Assert.Single(live.Changes).Name);
        live.With("b/1", LiveFolder.Four);
        live.Follow();
        Assert.Empty(live.Current.Failures);
    }

    [Fact]
    public async Task LoadDue_FilesThatChangeMeanwhile_AreNotTaken()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three);
        _ = live.Current;
        live.With("b/1", LiveFolder.Three);
        var manifest = new SlowManifest(live.At("b/1"));
        live.Repository.Scan();
        live.Time.Advance(LiveFolder.SettleTime);
        var load = Task.Run(live.Repository.LoadDue);
        manifest.WhileItIsRead(() => live.With("b/1", LiveFolder.Four));
        await load;

        Assert.Equal(ServesThree, live.Served);
        Assert.Equal(1, live.Repository.LoadedCount);
        Assert.Contains(
            "changed while they were read", Assert.Single(live.Current.Failures).Reason, StringComparison.Ordinal);

        live.Repository.Scan();
        live.Time.Advance(LiveFolder.SettleTime);
        load = Task.Run(live.Repository.LoadDue);
        manifest.WhileItIsRead(() => { });
        await load;
        Assert.Equal(["a/1:3", "b/1:4"], live.Served);
        Assert.Empty(live.Current.Failures);
    }

    [Fact]
    public async Task Scan_WhileALoadTakesLong_StillSeesWhatIsDeleted()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three).With("a/2", LiveFolder.Four);
        _ = live.Current;
        live.With("b/1", LiveFolder.Three);
        var manifest = new SlowManifest(live.At("b/1"));
        live.Repository.Scan();
        live.Time.Advance(LiveFolder.SettleTime);
        var load = Task.Run(live.Repository.LoadDue);
        manifest.WhileItIsRead(() =>
        {
            Directory.Delete(live.At("a/2"), recursive: true);
            live.Repository.Scan();
            live.Time.Advance(LiveFolder.SettleTime);
            live.Repository.Scan();
            Assert.Equal(ServesThree, live.Served);
            Assert.Equal(ModelState.Loading, live.Repository.Index().Single(entry => entry.Name == "b").State);
        });
        await load;

        Assert.Equal(["a/1:3", "b/1:3"], live.Served);
    }

    [Fact]
    public async Task Dispose_WhileAModelLoads_FreesItWhenItIsLoaded()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three);
        _ = live.Current;
        live.With("b/1", LiveFolder.Three);
        var manifest = new SlowManifest(live.At("b/1"));
        live.Repository.Scan();
        live.Time.Advance(LiveFolder.SettleTime);
        var load = Task.Run(live.Repository.LoadDue);
        Task? closing = null;
        manifest.WhileItIsRead(() => closing = Task.Run(live.Repository.Dispose));
        await Task.WhenAll(load, closing!);

        Assert.Empty(live.Served);
        Assert.Equal(0, live.Repository.LoadedCount);
        Assert.Equal(
            InferenceError.ModelNotFound,
            Assert.Throws<InferenceException>(() => live.Repository.Acquire(null, null)).Error);
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
