using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Files;

namespace SoftmaxService.Inference.Models;

/// <summary>
/// Listens to the file system's events for changes below a folder. Events may stop, so the caller must also poll.
/// </summary>
internal sealed class FolderEvents(string folder, Action onChanged, Action<string> onLost) : IDisposable
{
    private FileSystemWatcher? _watcher;
    private string? _identity;
    private bool _isLossReported;

    /// <summary>
    /// Listens to the folder that is there now: a folder that was deleted and created again, or a link that leads
    /// elsewhere, needs a new watcher.
    /// </summary>
    public void Refresh()
    {
        var root = new DirectoryInfo(folder);
        var identity = root.Exists
            ? $"{RealPath.Of(root.FullName)}|{root.LastWriteTimeUtc.Ticks}"
            : null;
        if (identity == _identity)
        {
            return;
        }

        Dispose();
        _identity = identity;
        if (identity is null)
        {
            return;
        }

        try
        {
            _watcher = new FileSystemWatcher(root.FullName)
            {
                IncludeSubdirectories = true,
                NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName
                    | NotifyFilters.LastWrite | NotifyFilters.Size,
            };
            _watcher.Created += (_, _) => onChanged();
            _watcher.Changed += (_, _) => onChanged();
            _watcher.Deleted += (_, _) => onChanged();
            _watcher.Renamed += (_, _) => onChanged();
            _watcher.Error += (_, error) => Fail(error.GetException());
            _watcher.EnableRaisingEvents = true;
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or ArgumentException
                or PlatformNotSupportedException)
        {
            Dispose();
            Fail(exception);
        }
    }

    public void Dispose()
    {
        _watcher?.Dispose();
        _watcher = null;
    }

    internal void Fail(Exception exception)
    {
        if (exception is InternalBufferOverflowException)
        {
            // Some events were dropped, but the next ones will arrive.
            onChanged();
        }
        else if (!Interlocked.Exchange(ref _isLossReported, true))
        {
            onLost(exception is UnauthorizedAccessException
                ? FileFault.Describe(exception)
                : "the system gives no more watches (on Linux the limits fs.inotify.max_user_instances and "
                    + "max_user_watches), or the file system has none");
        }
    }
}
