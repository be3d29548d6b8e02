using System.Diagnostics;
using SoftmaxService.Inference.Observation;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Batching;

/// <summary>One that is to be run: an item, or (without one) work that takes a slot for itself. Its task is done when its buffers are no longer in use.</summary>
internal sealed class RunRequest(RunQueue queue, OnnxRun? item, Action work, CancellationToken cancellation)
    : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
{
    public OnnxRun? Item => item;

    public CancellationToken Cancellation => cancellation;

    /// <summary>Its node in the queue.</summary>
    public LinkedListNode<RunRequest>? Node { get; set; }

    /// <summary>The span of who waits, where spans are listened to.</summary>
    public ActivityContext Caller { get; } = Telemetry.Spans.HasListeners() ? Activity.Current?.Context ?? default : default;

    /// <summary>When it came, as a timestamp of <see cref="Stopwatch"/>.</summary>
    public long EnqueuedAt { get; } = Stopwatch.GetTimestamp();

    /// <summary>When its run began; 0 before.</summary>
    public long BegunAt { get; set; }

    /// <summary>When its run was over; 0 before.</summary>
    public long EndedAt { get; private set; }

    /// <summary>How many shared its run.</summary>
    public int BatchSize { get; set; }

    /// <summary>The span of the run that it shared.</summary>
    public ActivityContext Batch { get; set; }

    /// <summary>Runs it alone and reports how that went.</summary>
    public void Run(RunMetrics metrics)
    {
        Exception? fault = null;
        try
        {
            work();
        }
        catch (Exception exception)
        {
            fault = exception;
        }

        metrics.CountRunTime(BegunAt);
        Complete(fault);
    }

    /// <summary>Its run is over, whose result nobody wants any more if it was cancelled meanwhile.</summary>
    public void Complete(Exception? fault = null)
    {
        EndedAt = Stopwatch.GetTimestamp();
        if (fault is not null)
        {
            TrySetException(fault);
        }
        else if (!CancelIfUnwanted())
        {
            TrySetResult();
        }
    }

    /// <summary>Reports it as cancelled if nobody waits for it any more.</summary>
    public bool CancelIfUnwanted()
    {
        if (!cancellation.IsCancellationRequested)
        {
            return false;
        }

        Cancel();
        return true;
    }

    /// <summary>Its caller has given up: it leaves the line, where it still stands in it.</summary>
    public void Leave()
    {
        if (queue.TryRemove(this))
        {
            Cancel();
        }
    }

    public void Cancel() => TrySetCanceled(cancellation);
}
