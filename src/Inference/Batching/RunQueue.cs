using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Batching;

/// <summary>
/// Lets a version's items run, so many runs at once as there are slots. While a slot is free an item runs at once, on its caller's thread
/// and alone; those that come while all slots are busy wait in line, and whoever waits when a slot is handed on shares the next run. There is no
/// timer, and nobody waits for company.
/// </summary>
[SuppressMessage("Naming", "CA1711:Identifiers should not have incorrect suffix", Justification = "It is a queue, if not a collection.")]
public sealed class RunQueue
{
    private readonly OnnxClassifier _classifier;
    private readonly RunMetrics _metrics;
    private readonly Lock _lock = new();
    private readonly LinkedList<RunRequest> _waiting = [];
    private int _freeSlots;
    private long _begunItems;
    private long _endedItems;
    private long _runs;

    // Slots that were handed on and have not taken their batch yet: they share those who wait.
    private int _startingSlots;

    /// <summary>Makes the queue in front of a version.</summary>
    /// <param name="classifier">What runs; not owned.</param>
    /// <param name="slots">The runs at once, at least 1.</param>
    /// <param name="model">The model's name, for the metrics.</param>
    /// <param name="version">The version's name, for the metrics.</param>
    public RunQueue(OnnxClassifier classifier, int slots, string model, string version)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(slots, 1);
        _classifier = classifier;
        _freeSlots = slots;
        _metrics = new RunMetrics(model, version);
    }

    /// <summary>What has been run so far, and what is to be.</summary>
    public RunStatistics Statistics
    {
        get
        {
            // Ended before begun: an item that ends in between is then counted as pending, and never as less than none.
            var ended = Interlocked.Read(ref _endedItems);
            return new RunStatistics(Interlocked.Read(ref _begunItems), Interlocked.Read(ref _runs), WaitingCount + Interlocked.Read(ref _begunItems) - ended);
        }
    }

    /// <summary>How many wait.</summary>
    internal int WaitingCount
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count;
            }
        }
    }

    internal int FreeSlots
    {
        get
        {
            lock (_lock)
            {
                return _freeSlots;
            }
        }
    }

    /// <summary>Runs an item, alone or with others. What comes back is done when the item's output is valid or its buffers are no longer in use.</summary>
    /// <param name="run">The item; not to be touched meanwhile.</param>
    /// <param name="cancellation">An item that waits leaves the line at once; one that runs is awaited, and then reported as cancelled.</param>
    /// <exception cref="InferenceException">The model fails on this item.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public ValueTask ExecuteAsync(OnnxRun run, CancellationToken cancellation) => ExecuteAsync(run, run.ExecuteAction, cancellation);

    /// <summary>Does something that takes as long as a run, in a slot of its own.</summary>
    /// <param name="work">What is done.</param>
    /// <param name="cancellation">As for an item.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public ValueTask ExecuteAloneAsync(Action work, CancellationToken cancellation) => ExecuteAsync(item: null, work, cancellation);

    /// <summary>Puts items into the line together and in order, so that they can share runs; where several slots are free, they share the items.</summary>
    /// <param name="runs">The items.</param>
    /// <param name="cancellation">As for one item.</param>
    /// <returns>One task an item, each to be awaited as that of <see cref="ExecuteAsync(OnnxRun, CancellationToken)"/>.</returns>
    public IReadOnlyList<Task> ExecuteTogetherAsync(IReadOnlyList<OnnxRun> runs, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested)
        {
            return [.. runs.Select(_ => Task.FromCanceled(cancellation))];
        }

        RunRequest[] requests = [.. runs.Select(run => new RunRequest(this, run, run.ExecuteAction, cancellation))];
        int claimed;
        lock (_lock)
        {
            foreach (var request in requests)
            {
                request.Node = _waiting.AddLast(request);
            }

            claimed = Math.Min(_freeSlots, requests.Length);
            _freeSlots -= claimed;
            _startingSlots += claimed;
        }

        Task[] completions = [.. requests.Select(AwaitAsync)];
        for (var slot = 1; slot < claimed; slot++)
        {
            StartSlot();
        }

        if (claimed > 0)
        {
            RunNext();
        }

        return completions;
    }

    private ValueTask ExecuteAsync(OnnxRun? item, Action work, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellation);
        }

        RunRequest request;
        lock (_lock)
        {
            if (_freeSlots == 0)
            {
                request = new RunRequest(this, item, work, cancellation);
                request.Node = _waiting.AddLast(request);
                return new ValueTask(AwaitAsync(request));
            }

            _freeSlots--;
        }

        return RunHere(work, cancellation);
    }

    private ValueTask RunHere(Action work, CancellationToken cancellation)
    {
        using var span = RunSpans.StartRun();
        var begun = Stopwatch.GetTimestamp();
        try
        {
            Begin(1);
            _metrics.CountWait(TimeSpan.Zero);
            work();
            return cancellation.IsCancellationRequested ? ValueTask.FromCanceled(cancellation) : ValueTask.CompletedTask;
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
            HandSlotOn();
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

    private static async Task AwaitAsync(RunRequest request)
    {
        await using var registration = request.Cancellation.UnsafeRegister(static request => ((RunRequest)request!).Leave(), request);
        try
        {
            await request.Task;
        }
        finally
        {
            RunSpans.Tell(request);
        }
    }

    /// <summary>Takes a request out of the line, if it is still there.</summary>
    internal bool TryRemove(RunRequest request)
    {
        lock (_lock)
        {
            if (request.Node?.List is null)
            {
                return false; // it runs, or has run
            }

            _waiting.Remove(request.Node);
        }

        _metrics.CountExpired();
        return true;
    }

    /// <summary>The slot goes to those who wait, else it is free.</summary>
    private void HandSlotOn()
    {
        lock (_lock)
        {
            if (_waiting.Count <= _startingSlots)
            {
                _freeSlots++;
                return;
            }

            _startingSlots++;
        }

        StartSlot();
    }

    // On another thread, so that whoever has just run can go on; behind what the thread pool has to do already, which may well be to prepare further items.
    private void StartSlot() => ThreadPool.UnsafeQueueUserWorkItem(queue => queue.RunNext(), this, preferLocal: false);

    private void RunNext()
    {
        var batch = TakeBatch();
        if (batch.Length == 0)
        {
            return;
        }

        // Whose token was cancelled a moment ago may still have stood in line.
        if (Array.Exists(batch, static request => request.Cancellation.IsCancellationRequested))
        {
            batch = Array.FindAll(batch, IsStillWanted);
        }

        if (batch.Length > 0)
        {
            Run(batch);
            Interlocked.Add(ref _endedItems, batch.Length);
        }

        HandSlotOn();
    }

    private bool IsStillWanted(RunRequest request)
    {
        if (!request.CancelIfUnwanted())
        {
            return true;
        }

        _metrics.CountExpired();
        return false;
    }

    private RunRequest[] TakeBatch()
    {
        lock (_lock)
        {
            var share = (_waiting.Count + _startingSlots - 1) / _startingSlots;
            _startingSlots--;
            if (share == 0)
            {
                _freeSlots++;
                return [];
            }

            var batch = new List<RunRequest>();
            do
            {
                batch.Add(_waiting.First!.Value); // share is at most the number of those who wait
                _waiting.RemoveFirst();
            }
            while (batch.Count < Math.Min(share, _classifier.MaxBatchSize) && batch[0].Item is not null && _waiting.First!.Value.Item is not null);

            return [.. batch];
        }
    }

    private void Run(RunRequest[] batch)
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
            batch[0].Run(_metrics);
            return;
        }

        try
        {
            _classifier.ExecuteTogether([.. batch.Select(request => request.Item!)]); // only items are joined
            _metrics.CountRunTime(begun);
            RunSpans.TellBatch(batch, begun, hasFailed: false);
        }
        catch (Exception)
        {
            // One of them is at fault, and only that one may fail: alone each tells for itself.
            _metrics.CountRetry();
            _metrics.CountRunTime(begun);
            RunSpans.TellBatch(batch, begun, hasFailed: true);
            foreach (var request in batch)
            {
                RunAgain(request);
            }

            return;
        }

        foreach (var request in batch)
        {
            request.Complete();
        }
    }

    private void RunAgain(RunRequest request)
    {
        CountRun(1);
        request.BegunAt = Stopwatch.GetTimestamp();
        request.BatchSize = 1;
        request.Run(_metrics);
    }
}
