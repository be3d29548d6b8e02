using System.Threading.Channels;

namespace SoftmaxService.Inference.Models;

/// <summary>
/// Follows a repository's folder: scans it when the file system tells of a change, when a change has had time to settle, and every
/// <see cref="RepositorySettings.PollInterval"/> in any case, since network volumes and links tell nothing. Loads run beside the scans, one at a time.
/// </summary>
/// <param name="repository">What is kept up to date.</param>
/// <param name="time">The clock; the system's unless given.</param>
public sealed class RepositoryWatcher(ModelRepository repository, TimeProvider? time = null)
{
    // A copy raises an event a block; all within this time are answered by one scan.
    private static readonly TimeSpan LongestQuiet = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ShortestQuiet = TimeSpan.FromMilliseconds(10);

    private readonly TimeSpan _quiet = TimeSpan.FromTicks(Math.Clamp(repository.Settings.SettleTime.Ticks, ShortestQuiet.Ticks, LongestQuiet.Ticks));
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Channel<bool> _wakeUps = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Lock _gate = new();
    private ITimer? _timer;
    private bool _isChangeHeard;
    private volatile bool _isLoading;

    /// <summary>Tells, once, that the file system's events cannot be had and why: changes are then seen by polling alone.</summary>
    public event Action<string>? EventsLost;

    /// <summary>Tells of a fault that should not be; following goes on.</summary>
    public event Action<Exception>? Faulted;

    /// <summary>Follows the folder until it is cancelled. A load that is under way is left to the repository, which ends it when it is disposed.</summary>
    /// <param name="cancellation">Ends it; the task then completes without a fault.</param>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var events = new FolderEvents(repository.Settings.Folder, HearChange, reason => EventsLost?.Invoke(reason));
        _timer = _time.CreateTimer(_ => WakeUp(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        try
        {
            while (true)
            {
                var rest = Scan(events);
                if (!_isLoading && repository.IsLoadDue)
                {
                    _isLoading = true;
                    _ = Task.Run(LoadDue, CancellationToken.None);
                }

                WakeUpIn(rest);
                await _wakeUps.Reader.ReadAsync(cancellation).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
        }
        finally
        {
            await _timer.DisposeAsync().ConfigureAwait(false);
        }
    }

    private TimeSpan Scan(FolderEvents events)
    {
        try
        {
            // Listening starts before the folder is read, so that nothing falls between.
            lock (_gate)
                _isChangeHeard = false;
            events.Refresh();
            return repository.Scan();
        }
        catch (Exception exception)
        {
            Faulted?.Invoke(exception);
            return Timeout.InfiniteTimeSpan;
        }
    }

    private void LoadDue()
    {
        try
        {
            repository.LoadDue();
        }
        catch (Exception exception)
        {
            Faulted?.Invoke(exception);
        }
        finally
        {
            _isLoading = false;
            WakeUp();
        }
    }

    private void WakeUp() => _wakeUps.Writer.TryWrite(true);

    private void WakeUpIn(TimeSpan rest)
    {
        var poll = repository.Settings.PollInterval;
        lock (_gate)
            _timer!.Change(_isChangeHeard ? _quiet : rest > TimeSpan.Zero && rest < poll ? rest : poll, Timeout.InfiniteTimeSpan);
    }

    private void HearChange()
    {
        lock (_gate)
        {
            if (_isChangeHeard)
                return;
            _isChangeHeard = true;
            _timer?.Change(_quiet, Timeout.InfiniteTimeSpan);
        }
    }
}
