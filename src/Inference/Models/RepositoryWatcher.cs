using System.Threading.Channels;

namespace SoftmaxService.Inference.Models;

/// <summary>
/// Follows a repository's folder: scans it when the file system reports a change, when a change has had time to settle,
/// and every <see cref="RepositorySettings.PollInterval"/>, since network volumes and links report nothing. Probes and
/// loads run beside the scans.
/// </summary>
/// <param name="repository">The repository to keep up to date.</param>
/// <param name="time">The clock; null for the system's clock.</param>
public sealed class RepositoryWatcher(ModelRepository repository, TimeProvider? time = null)
{
    // A copy raises an event per block. One scan serves all events within this time.
    private static readonly TimeSpan LongestQuiet = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ShortestQuiet = TimeSpan.FromMilliseconds(10);

    private readonly TimeSpan _quiet = TimeSpan.FromTicks(
        Math.Clamp(repository.Settings.SettleTime.Ticks, ShortestQuiet.Ticks, LongestQuiet.Ticks));
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Channel<bool> _wakeUps = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Lock _gate = new();
    private ITimer? _timer;
    private bool _isChangeReported;

    /// <summary>
    /// Reports once that the file system's events are not available, and why. Changes are then only found by polling.
    /// </summary>
    public event Action<string>? EventsLost;

    /// <summary>Reports an unexpected exception. The watcher continues.</summary>
    public event Action<Exception>? Faulted;

    /// <summary>
    /// Follows the folder until it is cancelled. Does not wait for a load in progress, which the repository ends when
    /// it is disposed.
    /// </summary>
    /// <param name="cancellationToken">Ends it; the task then completes successfully.</param>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var events = new FolderEvents(
            repository.Settings.Folder, OnChanged, reason => EventsLost?.Invoke(reason));
        repository.LoadEnded += WakeUp;
        _timer = _time.CreateTimer(_ => WakeUp(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        try
        {
            while (true)
            {
                var rest = Scan(events);
                if (repository.IsLoadDue)
                {
                    _ = Task.Run(LoadDueAsync, CancellationToken.None);
                }

                WakeUpIn(rest);
                await _wakeUps.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
        finally
        {
            repository.LoadEnded -= WakeUp;
            await _timer.DisposeAsync().ConfigureAwait(false);
        }
    }

    private TimeSpan Scan(FolderEvents events)
    {
        try
        {
            // Listening starts before the folder is read, so that no change is missed.
            lock (_gate)
            {
                _isChangeReported = false;
            }

            events.Refresh();
            return repository.Scan();
        }
        catch (Exception exception)
        {
            Faulted?.Invoke(exception);
            return Timeout.InfiniteTimeSpan;
        }
    }

    private async Task LoadDueAsync()
    {
        try
        {
            await repository.LoadDueAsync().ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            Faulted?.Invoke(exception);
        }
    }

    private void WakeUp() => _wakeUps.Writer.TryWrite(true);

    private void WakeUpIn(TimeSpan rest)
    {
        var poll = repository.Settings.PollInterval;
        lock (_gate)
        {
            var next = rest > TimeSpan.Zero && rest < poll ? rest : poll;
            _timer!.Change(_isChangeReported ? _quiet : next, Timeout.InfiniteTimeSpan); // set before the first call
        }
    }

    private void OnChanged()
    {
        lock (_gate)
        {
            if (_isChangeReported)
            {
                return;
            }

            _isChangeReported = true;
            _timer?.Change(_quiet, Timeout.InfiniteTimeSpan);
        }
    }
}
