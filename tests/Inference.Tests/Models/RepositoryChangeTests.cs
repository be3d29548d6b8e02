using SoftmaxService.Inference.Models;

namespace SoftmaxService.Inference.Tests.Models;

/// <summary>Which changes of the folder a repository follows, and when.</summary>
public sealed class RepositoryChangeTests
{
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
                Assert.Equal(["a/1:3"], live.Served);
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

        Assert.Equal(["a/1:3"], live.Served);
        Assert.True(Assert.Single(live.Current.Failures).KeepsServing);
        live.With("a/1", LiveFolder.Four);
        live.Follow();

        Assert.Equal(["a/1:4"], live.Served);
        Assert.Empty(live.Current.Failures);
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
    public void Scan_FolderRenamedIntoPlace_IsSwappedWithoutAGap()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three).With(".staging/a", LiveFolder.Four);
        _ = live.Current;
        Directory.Move(live.At("a/1"), live.At("a/.old"));
        live.Repository.Scan();
        Directory.Move(live.At(".staging/a"), live.At("a/1"));
        live.Repository.Scan();
        Assert.Equal(["a/1:3"], live.Served);
        live.Follow();

        Assert.Equal(["a/1:4"], live.Served);
        Assert.Equal(ModelChangeKind.Loaded, Assert.Single(live.Changes).Kind);
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
}
