using SoftmaxService.Inference.Models;

namespace SoftmaxService.Inference.Tests.Models;

/// <summary>The start of a service with many models.</summary>
public sealed class RepositoryParallelLoadTests
{
    private const int Others = 49;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [SeveralCoresFact]
    public async Task LoadAll_OneOfFiftyTakesLong_LoadsTheOthersMeanwhile()
    {
        using var folder = new ModelFolder().With("a/1", LiveFolder.Three);
        for (var number = 1; number <= Others; number++)
        {
            folder.With($"b/{number}", LiveFolder.Four);
        }

        using var repository = new ModelRepository(
            new RepositorySettings { Folder = folder.Path, LoadTime = Timeout.InfiniteTimeSpan });
        using var loaded = new CountdownEvent(Others);
        var slow = new SlowLoad(repository, "a");
        repository.Changed += change =>
        {
            if (change is { Name: "b", Model: not null })
            {
                loaded.Signal();
            }
        };

        var load = Task.Run(repository.LoadAll);
        var areOthersLoaded = false;
        slow.WhileItRuns(() => areOthersLoaded = loaded.Wait(Patience));
        await load;

        Assert.True(areOthersLoaded, $"{loaded.CurrentCount} of {Others} models waited for the slow one.");
        Assert.Equal(Others + 1, repository.LoadedCount);
        Assert.Empty(repository.Current.Failures);
    }

    /// <summary>As many models are loaded at a time as there are cores, which must be more than one.</summary>
    private sealed class SeveralCoresFactAttribute : FactAttribute
    {
        public SeveralCoresFactAttribute() =>
            Skip = Environment.ProcessorCount == 1 ? "The machine has one core." : null;
    }
}
