using System.Diagnostics;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Inference.Tests.Models;

public sealed class RepositoryWatcherTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Run_FileSystemEvent_IsHandledLongBeforeThePoll()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three);
        await using var watching = new Watching(live);
        await watching.UntilAsync(() => watching.Elapsed > TimeSpan.Zero);
        live.With("a/1", LiveFolder.Four);
        await watching.UntilAsync(() => live.Served.Contains("a/1:4"));
        live.With("a/2", LiveFolder.Three);
        await watching.UntilAsync(() => live.Served.Contains("a/2:3"));
        Directory.Delete(live.At("a/1"), recursive: true);
        await watching.UntilAsync(() => live.Current.Models.Count == 1);

        Assert.True(
            watching.Elapsed < live.Repository.Settings.PollInterval,
            $"{watching.Elapsed} had passed: the poll may have seen it");
        Assert.Empty(watching.Faults);
    }

    [Fact]
    public async Task Run_ChangeWithoutAFileSystemEvent_IsFoundByThePoll()
    {
        // Changes behind a link raise no events, like those of a network volume.
        using var elsewhere = new ModelFolder().With("v", LiveFolder.Three);
        using var live = new LiveFolder();
        Directory.CreateDirectory(live.At("a"));
        Directory.CreateSymbolicLink(live.At("a/1"), Path.Combine(elsewhere.Path, "v"));
        await using var watching = new Watching(live);
        Assert.Equal(["a/1:3"], live.Served);
        elsewhere.With("v", LiveFolder.Four);
        await watching.UntilAsync(() => live.Served.Contains("a/1:4"), step: TimeSpan.FromMinutes(1));

        Assert.Empty(watching.Faults);
    }

    [Fact]
    public async Task Run_RepositoryThatIsMovedAwayAndRecreated_KeepsServingAndIsWatchedAgain()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three);
        await using var watching = new Watching(live);
        await watching.UntilAsync(() => watching.Elapsed > TimeSpan.Zero);
        Directory.Move(live.Path, $"{live.Path}.gone"); // atomic, whereas deletion removes file by file
        Directory.Delete($"{live.Path}.gone", recursive: true);
        await watching.UntilAsync(() => live.Current.Failures.Count > 0);
        Assert.Contains("not there", live.Current.Failures[0].Reason, StringComparison.Ordinal);
        Assert.True(live.Current.Failures[0].KeepsServing);
        Assert.Equal(["a/1:3"], live.Served);
        live.With("a/1", LiveFolder.Four);
        await watching.UntilAsync(() => live.Served.Contains("a/1:4"), step: TimeSpan.FromMinutes(1));
        Assert.Empty(live.Current.Failures);
        var before = watching.Elapsed;
        live.With("a/1", LiveFolder.Three);
        await watching.UntilAsync(() => live.Served.Contains("a/1:3"));

        Assert.True(watching.Elapsed - before < live.Repository.Settings.PollInterval);
    }

    [Fact]
    public async Task Run_LoadThatTakesLong_DoesNotKeepItFromEnding()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three);
        var watching = new Watching(live);
        await watching.UntilAsync(() => watching.Elapsed > TimeSpan.Zero);
        live.With("b/1", LiveFolder.Three);
        var slow = new SlowLoad(live.Repository, "b");
        using var begun = new ManualResetEventSlim();
        using var released = new ManualResetEventSlim();
        var loading = Task.Run(() => slow.WhileItRuns(() =>
        {
            begun.Set();
            released.Wait();
        }));
        await watching.UntilAsync(() => begun.IsSet);
        await watching.DisposeAsync().AsTask().WaitAsync(Patience);

        released.Set();
        await loading;
        live.Repository.Dispose();
        Assert.Equal(0, live.Repository.LoadedCount);
    }

    [Fact]
    public void Events_ThatFail_AreReportedOnceAndAnOverflowIsAChange()
    {
        var (changes, losses) = (0, new List<string>());
        using var events = new FolderEvents(Path.GetTempPath(), () => changes++, losses.Add);
        events.Fail(new InternalBufferOverflowException());
        events.Fail(new IOException("The configured user limit on the number of inotify watches has been reached."));
        events.Fail(new IOException("again"));

        Assert.Equal(1, changes);
        Assert.Contains("inotify", Assert.Single(losses), StringComparison.Ordinal);
    }

    /// <summary>Runs a watcher and advances the clock until a condition holds.</summary>
    private sealed class Watching : IAsyncDisposable
    {
        private readonly LiveFolder _live;
        private readonly CancellationTokenSource _end = new();
        private readonly DateTimeOffset _start;
        private readonly Task _run;

        public Watching(LiveFolder live)
        {
            _live = live;
            _start = live.Time.GetUtcNow();
            var watcher = new RepositoryWatcher(live.Repository, live.Time);
            watcher.Faulted += Faults.Add;
            _run = Task.Run(() => watcher.RunAsync(_end.Token));
        }

        public List<Exception> Faults { get; } = [];

        public TimeSpan Elapsed => _live.Time.GetUtcNow() - _start;

        public async Task UntilAsync(Func<bool> condition, TimeSpan? step = null)
        {
            for (var clock = Stopwatch.StartNew(); !condition();)
            {
                Assert.True(clock.Elapsed < Patience, "The condition was not met in time.");
                _live.Time.Advance(step ?? TimeSpan.FromMilliseconds(50));
                await Task.Delay(2); // real time, for events of the file system
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _end.CancelAsync();
            await _run;
            _end.Dispose();
        }
    }
}
