using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Inference.Tests.Models;

/// <summary>What a repository serves after files or folders are deleted.</summary>
public sealed class RepositoryDeletionTests
{
    [Fact]
    public void Scan_VersionThatIsDeleted_IsUnlistedOnceThatHasSettled()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three).With("a/2", LiveFolder.Four);
        var deleted = live.Current.Find("a", "2");
        Directory.Delete(live.At("a/2"), recursive: true);
        Assert.Equal(LiveFolder.SettleTime, live.Repository.Scan());
        Assert.Equal(4, LiveFolder.Classify(deleted));
        live.Follow();

        Assert.Equal(["a/1:3"], live.Served);
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
    public void Scan_RepositoryThatDisappearsAndReturns_KeepsServingAndIsFollowed()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three);
        _ = live.Current;
        Directory.Move(live.Path, live.Path + "-away");
        live.Follow();
        Assert.Equal(["a/1:3"], live.Served);

        Directory.Move(live.Path + "-away", live.Path);
        live.Follow();
        Assert.Equal(["a/1:3"], live.Served);
        Assert.Empty(live.Current.Failures);
    }
}
