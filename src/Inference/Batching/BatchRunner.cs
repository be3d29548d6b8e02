using System.Diagnostics;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Batching;

/// <summary>
/// Runs requests on a version, and counts and traces the runs. When a batch fails, its requests run again one by one,
/// so that only the faulty ones fail. A run that lasts longer than its requests have time is ended.
/// </summary>
internal sealed class BatchRunner(OnnxClassifier classifier, string model, string version)
{
    private readonly RunMetrics _metrics = new(model, version);
    private readonly EndedRuns _endedRuns = new();
    private long _begunItems;
    private long _endedItems;
    private long _runs;

    public int MaxBatchSize => classifier.MaxBatchSize;

    public long BegunItems => Interlocked.Read(ref _begunItems);

    public long EndedItems => Interlocked.Read(ref _endedItems);

    public long Runs => Interlocked.Read(ref _runs);

    /// <summary>Why the version is failing: its runs do not end. Null while they do.</summary>
    public string? Fault => _endedRuns.Fault;

    /// <summary>Called when the version begins to fail.</summary>
    public Action? Failing
    {
        set => _endedRuns.Failing = value;
    }

    /// <summary>Does work that did not have to wait, on the caller's thread.</summary>
    public ValueTask RunAtOnce(Action<CancellationToken> work, CancellationToken cancellationToken)
    {
        using var span = RunSpans.StartRun();
        var begun = Stopwatch.GetTimestamp();
        try
        {
            Begin(1);
            _metrics.CountWait(TimeSpan.Zero);
            work(cancellationToken);
            _endedRuns.CountEnd();
            return cancellationToken.IsCancellationRequested
                ? ValueTask.FromCanceled(cancellationToken)
                : ValueTask.CompletedTask;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            span?.SetStatus(ActivityStatusCode.Error);
            CountEnded(begun);
            return ValueTask.FromCanceled(cancellationToken);
        }
        catch (Exception exception)
        {
            span?.SetStatus(ActivityStatusCode.Error);
            return ValueTask.FromException(exception);
        }
        finally
        {
            _metrics.CountRunTime(begun);
            Interlocked.Increment(ref _endedItems);
        }
    }

    /// <summary>Runs requests together and completes them, except those that were cancelled a moment ago.</summary>
    public void Run(RunRequest[] batch)
    {
        if (Array.Exists(batch, static request => request.IsCancelled))
        {
            foreach (var request in batch.Where(static request => request.IsCancelled))
            {
                Expire(request);
            }

            batch = Array.FindAll(batch, static request => !request.Task.IsCompleted);
        }

        if (batch.Length > 0)
        {
            RunWanted(batch);
            Interlocked.Add(ref _endedItems, batch.Length);
        }
    }

    /// <summary>Ends the wait of a request that was cancelled before it ran.</summary>
    public void Expire(RunRequest request)
    {
        _metrics.CountExpired();
        request.Cancel();
    }

    private void RunWanted(RunRequest[] batch)
    {
        var begun = Stopwatch.GetTimestamp();
        Begin(batch.Length);
        foreach (var request in batch)
        {
            request.BegunAt = begun;
            request.BatchSize = batch.Length;
            _metrics.CountWait(Stopwatch.GetElapsedTime(request.EnqueuedAt, begun));
        }

        if (batch.Length == 1)
        {
            RunAlone(batch[0]);
        }
        else if (TryRunTogether(batch, begun))
        {
            Array.ForEach(batch, static request => request.Complete());
        }
        else
        {
            Array.ForEach(batch, RunAgain);
        }
    }

    private bool TryRunTogether(RunRequest[] batch, long begun)
    {
        var hasFailed = false;
        try
        {
            using var end = new RunEnd(batch, begun);
            classifier.ExecuteTogether([.. batch.Select(request => request.Item!)], end.Token); // only items share runs
            _endedRuns.CountEnd();
        }
        catch (OperationCanceledException)
        {
            hasFailed = true;
            CountEnded(begun);
            _metrics.CountRetry();
        }
        catch (Exception)
        {
            // Each request reports its own failure when it runs alone.
            hasFailed = true;
            _metrics.CountRetry();
        }

        _metrics.CountRunTime(begun);
        RunSpans.ReportBatch(batch, begun, hasFailed);
        return !hasFailed;
    }

    private void RunAgain(RunRequest request)
    {
        if (request.IsCancelled)
        {
            request.Complete();
            return;
        }

        CountRun(1);
        request.BegunAt = Stopwatch.GetTimestamp();
        request.BatchSize = 1;
        RunAlone(request);
    }

    private void RunAlone(RunRequest request)
    {
        var fault = request.Run();
        if (fault is null)
        {
            _endedRuns.CountEnd();
        }
        else if (fault is OperationCanceledException)
        {
            CountEnded(request.BegunAt);
        }

        _metrics.CountRunTime(request.BegunAt);
        request.Complete(fault);
    }

    private void CountEnded(long begun)
    {
        if (_endedRuns.CountEnded(Stopwatch.GetElapsedTime(begun)))
        {
            _metrics.CountEnded();
        }
    }

    private void Begin(int items)
    {
        Interlocked.Add(ref _begunItems, items);
        CountRun(items);
    }

    private void CountRun(int items)
    {
        Interlocked.Increment(ref _runs);
        _metrics.CountRun(items);
    }
}
