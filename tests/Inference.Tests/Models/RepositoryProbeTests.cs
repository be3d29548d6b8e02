using SoftmaxService.Inference.Models;

namespace SoftmaxService.Inference.Tests.Models;

/// <summary>What may happen to a repository while versions are probed, which may take long.</summary>
public sealed class RepositoryProbeTests : IDisposable
{
    private const string Slow = "slow";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ModelFolder _folder = new ModelFolder().With("a/1", LiveFolder.Three);
    private readonly TaskCompletionSource _verdict = new();
    private readonly SemaphoreSlim _begun = new(0);
    private readonly SemaphoreSlim _ended = new(0);
    private readonly ModelRepository _repository;
    private TaskCompletionSource? _mayEnd;

    public RepositoryProbeTests() => _repository = new ModelRepository(new RepositorySettings
    {
        Folder = _folder.Path,
        SettleTime = TimeSpan.Zero,
        LoadTime = Timeout.InfiniteTimeSpan,
        Probe = ProbeAsync,
    });

    [Fact]
    public async Task LoadDue_WhileOtherVersionsAreProbed_LoadsWhatIsKnown()
    {
        await _repository.LoadAllAsync();
        _folder.With("slow/1", LiveFolder.Three).With("b/1", LiveFolder.Four);
        _repository.Scan();
        var load = _repository.LoadDueAsync();
        await BegunAsync();

        Until(() => Served is "a b");
        Assert.Equal(ModelState.Loading, StateOf(Slow));
        Assert.False(_repository.IsLoadDue);
        _folder.With("c/1", LiveFolder.Four);
        _repository.Scan();
        await _repository.LoadDueAsync().WaitAsync(Patience);
        Assert.Equal("a b c", Served);
        Assert.False(load.IsCompleted);

        _verdict.SetResult();
        await load.WaitAsync(Patience);
        Assert.Equal("a b c slow", Served);
    }

    [Fact]
    public async Task LoadAll_WhileMoreVersionsAreProbedThanThereAreThreads_LoadsTheOthers()
    {
        const int Many = 200;
        for (var version = 1; version <= Many; version++)
        {
            _folder.With($"{Slow}/{version}", LiveFolder.Three);
        }

        _folder.With("z/1", LiveFolder.Four);
        using var patience = new CancellationTokenSource(Patience); // a pool that adds threads takes minutes
        var load = _repository.LoadAllAsync();
        for (var version = 1; version <= Many; version++)
        {
            await _begun.WaitAsync(patience.Token);
        }

        Until(() => Served is "a z");
        Assert.True(_repository.Current.IsStarting);
        Assert.Equal(Many, _repository.Current.Loading.Count);

        _verdict.SetException(new ModelLoadException("it is a stranger's"));
        await load.WaitAsync(Patience);
        Assert.False(_repository.Current.IsStarting);
        Assert.Equal(Many, _repository.Current.Failures.Count);
    }

    [Fact]
    public async Task Load_WhileOtherVersionsAreProbed_DoesNotWaitForThem()
    {
        _folder.With("slow/1", LiveFolder.Three);
        var start = _repository.LoadAllAsync();
        await BegunAsync();

        await _repository.LoadAsync("a", CancellationToken.None).WaitAsync(Patience);

        // One that is probed already is not probed twice.
        var load = _repository.LoadAsync(Slow, CancellationToken.None);
        _verdict.SetResult();
        await load.WaitAsync(Patience);
        await start.WaitAsync(Patience);
        Assert.Equal("a slow", Served);
        Assert.Equal((0, 1), (_begun.CurrentCount, _ended.CurrentCount));
    }

    [Fact]
    public async Task Scan_FolderThatIsDeletedDuringItsProbe_EndsTheProbe()
    {
        var load = await BeginSlowProbeAsync();
        Directory.Delete(Path.Combine(_folder.Path, Slow), recursive: true);
        _repository.Scan();

        await load.WaitAsync(Patience);
        Assert.Equal(1, _ended.CurrentCount);
        _repository.Scan();
        Assert.Equal("a", Assert.Single(_repository.Index()).Name);
        Assert.Empty(_repository.Current.Failures);
    }

    [Fact]
    public async Task Scan_FilesThatChangeDuringTheirProbe_EndItAndAreProbedAnew()
    {
        var load = await BeginSlowProbeAsync();
        _folder.With("slow/1", LiveFolder.Four);
        _repository.Scan();

        // With files that settle at once, the same call probes them again.
        await EndedAsync();
        await BegunAsync();
        _verdict.SetResult();
        await load.WaitAsync(Patience);
        Assert.Equal(4, _repository.Current.Find(Slow, null).ClassCount);
        Assert.Empty(_repository.Current.Failures);
    }

    [Fact]
    public async Task Unload_ModelThatIsProbed_EndsTheProbeUntilItIsLoadedByName()
    {
        var load = await BeginSlowProbeAsync();
        var explicitLoad = _repository.LoadAsync(Slow, CancellationToken.None);
        _repository.Unload(Slow);

        await load.WaitAsync(Patience);
        Assert.Equal(
            "version 1: it was unloaded on request",
            (await Assert.ThrowsAsync<ModelLoadException>(() => explicitLoad.WaitAsync(Patience))).Message);
        Assert.Equal(ModelState.Unavailable, StateOf(Slow));
        Assert.Empty(_repository.Current.Failures);

        _verdict.SetResult();
        await _repository.LoadAsync(Slow, CancellationToken.None).WaitAsync(Patience);
        Assert.Equal("a slow", Served);
    }

    [Fact]
    public async Task Load_ModelThatWasJustUnloaded_TriesItAgainWhenItsProbeHasEnded()
    {
        var load = await BeginSlowProbeAsync();
        _mayEnd = new TaskCompletionSource();
        _repository.Unload(Slow);
        var explicitLoad = _repository.LoadAsync(Slow, CancellationToken.None);
        _verdict.SetResult();
        _mayEnd.SetResult();

        await explicitLoad.WaitAsync(Patience);
        await load.WaitAsync(Patience);
        Assert.Equal("a slow", Served);
    }

    [Fact]
    public async Task Dispose_WhileVersionsAreProbed_EndsTheirProbesAndWaitsForThem()
    {
        var load = await BeginSlowProbeAsync();
        var explicitLoad = _repository.LoadAsync(Slow, CancellationToken.None);
        _mayEnd = new TaskCompletionSource();

        var closing = Task.Run(_repository.Dispose);
        Assert.NotSame(closing, await Task.WhenAny(closing, Task.Delay(TimeSpan.FromSeconds(0.3))));
        _mayEnd.SetResult();
        await closing.WaitAsync(Patience);

        Assert.Equal(1, _ended.CurrentCount);
        await load.WaitAsync(Patience);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => explicitLoad.WaitAsync(Patience));
    }

    public void Dispose()
    {
        _repository.Dispose();
        _folder.Dispose();
        _begun.Dispose();
        _ended.Dispose();
    }

    private string Served => string.Join(' ', _repository.Current.Models.Select(model => model.Name));

    private static void Until(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, Patience));

    private ModelState StateOf(string name) => _repository.Index().Single(entry => entry.Name == name).State;

    private async Task<Task> BeginSlowProbeAsync()
    {
        await _repository.LoadAllAsync();
        _folder.With("slow/1", LiveFolder.Three);
        _repository.Scan();
        var load = _repository.LoadDueAsync();
        await BegunAsync();
        return load;
    }

    private async Task BegunAsync() => Assert.True(await _begun.WaitAsync(Patience));

    private async Task EndedAsync() => Assert.True(await _ended.WaitAsync(Patience));

    private async Task ProbeAsync(ProbedVersion version, CancellationToken cancellationToken)
    {
        if (version.Name == Slow)
        {
            _begun.Release();
            try
            {
                await _verdict.Task.WaitAsync(cancellationToken);
            }
            finally
            {
                await (_mayEnd?.Task ?? Task.CompletedTask);
                _ended.Release();
            }
        }
    }
}
