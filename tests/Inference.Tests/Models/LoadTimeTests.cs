using System.Diagnostics;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Inference.Tests.Models;

/// <summary>Models whose load takes longer than it may.</summary>
public sealed class LoadTimeTests
{
    private const string IsLogits = """{"output": {"kind": "logits"}}""";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LoadTime = TimeSpan.FromSeconds(2);

    // Without a limit, ONNX Runtime takes 20 s for the first, and all memory for the second.
    [Theory]
    [InlineData(6, 8)]
    [InlineData(20, 4)]
    public async Task Load_FunctionsThatBecomeTooManyNodes_IsRejectedSoon(int depth, int width)
    {
        using var folder = new ModelFolder().With("a/1", CostlyModels.NestedFunctions(depth, width));

        var clock = Stopwatch.StartNew();
        var rejection = await Task.Run(folder.Rejection).WaitAsync(Patience);

        Assert.Contains("the functions of its file become more than 20000 nodes", rejection, StringComparison.Ordinal);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 15);
    }

    [Theory]
    [InlineData(66)]
    [InlineData(10_000)]
    public void Load_FunctionsThatCallOneAnotherTooDeeply_IsRejected(int depth)
    {
        using var folder = new ModelFolder().With("a/1", CostlyModels.NestedFunctions(depth, width: 1));

        Assert.Contains(
            "its functions call one another more than 64 deep", folder.Rejection(), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_FunctionsThatBecomeManyNodes_IsServed()
    {
        using var folder = new ModelFolder().With("a/1", CostlyModels.NestedFunctions(depth: 4, width: 10), IsLogits);
        using var repository = folder.Load();

        Assert.Empty(repository.Current.Failures);
    }

    [Fact]
    public void Load_MoreThanAMillionClasses_IsRejectedSoon()
    {
        using var folder = new ModelFolder().With("a/1", CostlyModels.ManyClasses(16_000_000));

        var clock = Stopwatch.StartNew();

        Assert.Contains("2 to 1048576 class scores", folder.Rejection(), StringComparison.Ordinal);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 15);
    }

    [Fact]
    public void LoadAll_LoadThatDoesNotEnd_IsAbandonedAndFreedWhenItEnds()
    {
        using var folder = new ModelFolder().With("a/1", LiveFolder.Three).With("b/1", LiveFolder.Three);
        using var repository = new ModelRepository(
            new RepositorySettings { Folder = folder.Path, LoadTime = LoadTime });
        var slow = new SlowLoad(repository, "a");

        repository.LoadAll();

        Assert.Equal("b", Assert.Single(repository.Current.Models).Name);
        Assert.Equal(
            "it was not ready to serve within 2 s; its load has not ended since, and takes a core until it does",
            Assert.Single(repository.Current.Failures).Reason);
        Assert.Equal(1, repository.AbandonedLoads);

        slow.Release();
        Until(() => repository.AbandonedLoads == 0);
        Assert.Equal(1, repository.LoadedCount);
    }

    [Fact]
    public void LoadDue_WhileTooManyLoadsAreAbandoned_WaitsUntilOneEnds()
    {
        using var folder = new ModelFolder();
        for (var version = 1; version <= VersionLoader.MaxAbandoned; version++)
        {
            folder.With($"a/{version}", LiveFolder.Three);
        }

        using var repository = new ModelRepository(
            new RepositorySettings { Folder = folder.Path, LoadTime = LoadTime, SettleTime = TimeSpan.Zero });
        var slow = new SlowLoad(repository, "a");
        repository.LoadAll();
        Assert.Equal(VersionLoader.MaxAbandoned, repository.AbandonedLoads);

        folder.With("b/1", LiveFolder.Three);
        repository.Scan();
        repository.LoadDue();
        Assert.Empty(repository.Current.Models);
        Assert.Contains(
            "4 earlier loads took too long and still run",
            repository.Current.Failures.Single(failure => failure.Name == "b").Reason, StringComparison.Ordinal);
        Assert.False(repository.IsLoadDue);

        slow.Release();
        Until(() => repository.IsLoadDue);
        repository.LoadDue();
        Assert.Equal("b", Assert.Single(repository.Current.Models).Name);
        for (var version = 2; version <= VersionLoader.MaxAbandoned; version++)
        {
            slow.Release();
        }

        Until(() => repository.AbandonedLoads == 0);
    }

    private static void Until(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, Patience));
}
