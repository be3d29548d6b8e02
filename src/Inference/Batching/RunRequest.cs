using System.Diagnostics;
using SoftmaxService.Inference.Observation;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Batching;

/// <summary>
/// Something that waits for a run: an item, or (without one) work that takes a slot by itself. Its task completes when
/// its buffers are no longer in use.
/// </summary>
internal sealed class RunRequest(
    RunQueue queue, OnnxRun? item, Action<CancellationToken> work, CancellationToken cancellationToken)
    : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
{
    public OnnxRun? Item => item;

    /// <summary>Cancelled when nobody waits for the result any more.</summary>
    public CancellationToken Cancelled => cancellationToken;

    public bool IsCancelled => cancellationToken.IsCancellationRequested;

    /// <summary>Its node in the queue.</summary>
    public LinkedListNode<RunRequest>? Node { get; set; }

    /// <summary>The span of the caller, if anyone listens to spans.</summary>
    public ActivityContext Caller { get; } =
        Telemetry.Spans.HasListeners() ? Activity.Current?.Context ?? default : default;

    /// <summary>When it was queued, as a timestamp of <see cref="Stopwatch"/>.</summary>
    public long EnqueuedAt { get; } = Stopwatch.GetTimestamp();

    /// <summary>When its run began; 0 before.</summary>
    public long BegunAt { get; set; }

    /// <summary>When its run ended; 0 before.</summary>
    public long EndedAt { get; private set; }

    /// <summary>How many requests shared its run.</summary>
    public int BatchSize { get; set; }

    /// <summary>The span of the run that it shared.</summary>
    public ActivityContext Batch { get; set; }

    /// <summary>Waits for the run. A request that is cancelled while it waits leaves the queue at once.</summary>
    public async Task WaitAsync()
    {
        await using var registration = cancellationToken.UnsafeRegister(
            static request => ((RunRequest)request!).Leave(), this); // never null: it is this object
        try
        {
            await Task;
        }
        finally
        {
            RunSpans.Report(this);
        }
    }

    /// <summary>Does its work, and returns the exception that the work threw.</summary>
    public Exception? Run()
    {
        try
        {
            work(cancellationToken);
            return null;
        }
        catch (Exception exception)
        {
            return exception;
        }
    }

    /// <summary>Ends the wait after a run; a request that was cancelled meanwhile has no use for the result.</summary>
    public void Complete(Exception? fault = null)
    {
        EndedAt = Stopwatch.GetTimestamp();
        if (IsCancelled)
        {
            Cancel(); // it may have failed because its run was ended
        }
        else if (fault is not null)
        {
            TrySetException(fault);
        }
        else
        {
            TrySetResult();
        }
    }

    public void Cancel() => TrySetCanceled(cancellationToken);

    private void Leave() => queue.Leave(this);
}
