using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Api.Processes.Decoding;

/// <summary>
/// The processes that decode images. There are as many as images are decoded at once, which the compute gate limits.
/// </summary>
internal sealed partial class DecoderPool : IDecoderPool, IDisposable
{
    // Most decodes end within it by themselves, and cost less than a new process.
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan MostIdle = TimeSpan.FromMinutes(1);

    private readonly ChildProgram _program;
    private readonly long _memoryBytes;
    private readonly DecoderMetrics _metrics;
    private readonly ILogger _log;
    private readonly Timer _trim;
    private readonly List<DecoderProcess> _idle = []; // the last one returned is at the end
    private bool _isDisposed;

    /// <param name="program">This program.</param>
    /// <param name="memoryBytes">The most memory that a process may write.</param>
    /// <param name="metrics">Count the processes.</param>
    /// <param name="log">Where it says why a process has ended.</param>
    public DecoderPool(ChildProgram program, long memoryBytes, DecoderMetrics metrics, ILogger log)
    {
        _program = program;
        _memoryBytes = memoryBytes;
        _metrics = metrics;
        _log = log;
        _trim = new Timer(static pool => ((DecoderPool)pool!).EndIdle(), this, MostIdle, MostIdle); // pool is not null
    }

    /// <inheritdoc/>
    public IDecoderLease Rent(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        while (TakeIdle() is { } idle)
        {
            if (!idle.HasExited)
            {
                return new Lease(this, idle, cancellationToken);
            }

            Discard(idle, isCancelled: false);
        }

        try
        {
            var started = DecoderProcess.Start(_program, _memoryBytes);
            _metrics.CountStart();
            return new Lease(this, started, cancellationToken);
        }
        catch (IOException fault)
        {
            NotStarted(_log, fault.Message);
            throw new InferenceException(
                InferenceError.Overloaded, "No process could be started that decodes the image. Try again later.",
                fault);
        }
    }

    public void Dispose()
    {
        _trim.Dispose();
        DecoderProcess[] idle;
        lock (_idle)
        {
            _isDisposed = true; // those that are lent are ended when they come back
            idle = [.. _idle];
            _idle.Clear();
        }

        Array.ForEach(idle, Replace);
    }

    private DecoderProcess? TakeIdle()
    {
        lock (_idle)
        {
            if (_idle.Count == 0)
            {
                return null;
            }

            var last = _idle[^1];
            _idle.RemoveAt(_idle.Count - 1);
            return last;
        }
    }

    private void Return(DecoderProcess process)
    {
        lock (_idle)
        {
            if (!_isDisposed && !process.IsWorn)
            {
                _idle.Add(process);
                return;
            }
        }

        Replace(process);
    }

    private void EndIdle()
    {
        DecoderProcess[] idle;
        lock (_idle)
        {
            // One is kept, so that a request now and then need not wait for a start.
            idle = [.. _idle.SkipLast(1).Where(process => process.Idle >= MostIdle)];
            _idle.RemoveAll(idle.Contains);
        }

        Array.ForEach(idle, Replace);
    }

    /// <summary>Ends a process that has done nothing wrong.</summary>
    private void Replace(DecoderProcess process)
    {
        process.Dispose();
        _metrics.CountEnd(DecoderEnd.Replaced);
    }

    /// <summary>Ends a process whose image was not decoded to the end.</summary>
    private void Discard(DecoderProcess process, bool isCancelled)
    {
        using (process)
        {
            var (code, errors) = process.End();
            var end = isCancelled ? DecoderEnd.Cancelled
                : code == ProcessEnd.ProcessorTimeCode ? DecoderEnd.ProcessorTime
                : DecoderEnd.Crashed;
            _metrics.CountEnd(end);
            if (isCancelled)
            {
                Cancelled(_log);
            }
            else
            {
                Ended(_log, ProcessEnd.NameOf(code), errors.Length == 0 ? "nothing" : errors);
            }
        }
    }

    [LoggerMessage(LogLevel.Error, "A process that decodes images did not start: {Reason}")]
    private static partial void NotStarted(ILogger log, string reason);

    [LoggerMessage(
        LogLevel.Warning,
        "A process that decodes images ended with {End}. It costs at most the request of the image that it decoded. It "
        + "wrote {Errors}")]
    private static partial void Ended(ILogger log, string end, string errors);

    [LoggerMessage(
        LogLevel.Warning, "A process was ended that still decoded an image when nobody waited for it any more")]
    private static partial void Cancelled(ILogger log);

    private sealed class Lease : IDecoderLease
    {
        private readonly DecoderPool _pool;
        private readonly DecoderProcess _process;
        private readonly CancellationTokenRegistration _registration;
        private readonly Lock _lock = new();
        private bool _isComplete;
        private bool _isCancelled;
        private bool _isReturned;

        public Lease(DecoderPool pool, DecoderProcess process, CancellationToken cancellationToken)
        {
            _pool = pool;
            _process = process;
            process.Begin();
            _registration = cancellationToken.UnsafeRegister(
                static lease => _ = ((Lease)lease!).EndSoonAsync(), this); // this is not null
        }

        public Stream Requests => _process.Requests;

        public Stream Answers => _process.Answers;

        public void Complete() => _isComplete = true;

        public string DescribeEnd() => ProcessEnd.NameOf(_process.End().Code);

        public void Dispose()
        {
            _registration.Dispose();
            lock (_lock)
            {
                _isReturned = true;
            }

            if (_isComplete && !_isCancelled)
            {
                _process.Finish();
                _pool.Return(_process);
            }
            else
            {
                _pool.Discard(_process, _isCancelled);
            }
        }

        private async Task EndSoonAsync()
        {
            await Task.Delay(Grace);
            lock (_lock)
            {
                if (!_isReturned)
                {
                    _isCancelled = true;
                    _process.Kill();
                }
            }
        }
    }
}
