using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Batching;

/// <summary>
/// Lets a version's items run, as many runs at once as there are slots. While a slot is free an item runs at once,
/// alone and on its caller's thread. Items that arrive while all slots are busy wait, and all that wait when a slot is
/// handed on share the next run. There is no timer: no item waits for others to join it.
/// </summary>
internal sealed class RunQueue
{
    private readonly BatchRunner _runner;
    private readonly Lock _lock = new();
    private readonly LinkedList<RunRequest> _waiting = [];
    private int _freeSlots;

    // Slots that were handed on and have not taken their batch yet: they share the waiting requests.
    private int _startingSlots;

    /// <summary>Makes the queue of a version.</summary>
    /// <param name="classifier">Runs the items; not owned.</param>
    /// <param name="slots">The number of runs at once, at least 1.</param>
    /// <param name="model">The model's name, for the metrics.</param>
    /// <param name="version">The version's name, for the metrics.</param>
    public RunQueue(OnnxClassifier classifier, int slots, string model, string version)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(slots, 1);
        _runner = new BatchRunner(classifier, model, version);
        _freeSlots = slots;
    }

    /// <summary>What has been run so far, and what is pending.</summary>
    public RunStatistics Statistics
    {
        get
        {
            // Ended items are read before begun ones: an item that ends in between then counts as pending, and there
            // are never fewer than none.
            var ended = _runner.EndedItems;
            return new RunStatistics(_runner.BegunItems, _runner.Runs, WaitingCount + _runner.BegunItems - ended);
        }
    }

    /// <summary>Why the model is failing: its last runs had to be ended. Null while they end by themselves.</summary>
    public string? Fault => _runner.Fault;

    /// <summary>Called when <see cref="Fault"/> was null and no longer is.</summary>
    public Action? Failing
    {
        set => _runner.Failing = value;
    }

    /// <summary>How many items wait.</summary>
    public int WaitingCount
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count;
            }
        }
    }

    public int FreeSlots
    {
        get
        {
            lock (_lock)
            {
                return _freeSlots;
            }
        }
    }

    /// <summary>
    /// Runs an item, alone or with others. The task completes when the item's output is valid, or when its buffers are
    /// no longer in use.
    /// </summary>
    /// <param name="run">The item; not to be touched meanwhile.</param>
    /// <param name="cancellationToken">
    /// Makes an item that waits leave the queue at once. A run of its own is ended. A run that it shares is ended only
    /// once it has lasted for <see cref="RunEnd.ShortestShared"/>; the others then run again. Either is awaited, and
    /// the item then reported as cancelled.
    /// </param>
    /// <exception cref="InferenceException">The model fails on this item.</exception>
    /// <exception cref="OperationCanceledException">The item was cancelled.</exception>
    public ValueTask ExecuteAsync(OnnxRun run, CancellationToken cancellationToken) =>
        ExecuteAsync(run, run.ExecuteAction, cancellationToken);

    /// <summary>Does something that takes as long as a run, in a slot of its own.</summary>
    /// <param name="work">What to do, ending early when it is cancelled.</param>
    /// <param name="cancellationToken">As for an item.</param>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public ValueTask ExecuteAloneAsync(Action<CancellationToken> work, CancellationToken cancellationToken) =>
        ExecuteAsync(item: null, work, cancellationToken);

    /// <inheritdoc cref="ExecuteAloneAsync(Action{CancellationToken}, CancellationToken)"/>
    public ValueTask ExecuteAloneAsync(Action work, CancellationToken cancellationToken) =>
        ExecuteAloneAsync(_ => work(), cancellationToken);

    /// <summary>
    /// Queues items together and in order, so that they can share runs. Where several slots are free, they share the
    /// items.
    /// </summary>
    /// <param name="runs">The items.</param>
    /// <param name="cancellationToken">As for one item.</param>
    /// <returns>One task per item, as of <see cref="ExecuteAsync(OnnxRun, CancellationToken)"/>.</returns>
    public IReadOnlyList<Task> ExecuteTogetherAsync(IReadOnlyList<OnnxRun> runs, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return [.. runs.Select(_ => Task.FromCanceled(cancellationToken))];
        }

        RunRequest[] requests =
            [.. runs.Select(run => new RunRequest(this, run, run.ExecuteAction, cancellationToken))];
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

        Task[] completions = [.. requests.Select(request => request.WaitAsync())];
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

    /// <summary>Takes a request that was cancelled out of the queue, if it still waits.</summary>
    public void Leave(RunRequest request)
    {
        lock (_lock)
        {
            if (request.Node?.List is null)
            {
                return; // it runs, or has run
            }

            _waiting.Remove(request.Node);
        }

        _runner.Expire(request);
    }

    private ValueTask ExecuteAsync(
        OnnxRun? item, Action<CancellationToken> work, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        lock (_lock)
        {
            if (_freeSlots == 0)
            {
                var request = new RunRequest(this, item, work, cancellationToken);
                request.Node = _waiting.AddLast(request);
                return new ValueTask(request.WaitAsync());
            }

            _freeSlots--;
        }

        try
        {
            return _runner.RunAtOnce(work, cancellationToken);
        }
        finally
        {
            HandSlotOn();
        }
    }

    /// <summary>Gives the slot to the requests that wait; where none do, it is free.</summary>
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

    // Queued behind existing pool work, which may prepare more items, so that the caller can return.
    private void StartSlot() =>
        ThreadPool.UnsafeQueueUserWorkItem(queue => queue.RunNext(), this, preferLocal: false);

    private void RunNext()
    {
        var batch = TakeBatch();
        if (batch.Length > 0)
        {
            _runner.Run(batch);
            HandSlotOn();
        }
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
                batch.Add(_waiting.First!.Value); // the share is at most the number of waiting requests
                _waiting.RemoveFirst();
            }
            while (batch.Count < Math.Min(share, _runner.MaxBatchSize)
                && batch[0].Item is not null
                && _waiting.First!.Value.Item is not null);

            return [.. batch];
        }
    }
}
