using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Batching;

/// <summary>One that is to be run: an item, or (without one) work that takes a slot for itself. Its task is done when its buffers are no longer in use.</summary>
internal sealed class RunRequest(RunQueue queue, OnnxRun? item, Action work, CancellationToken cancellation)
    : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
{
    public OnnxRun? Item => item;

    public CancellationToken Cancellation => cancellation;

    /// <summary>Its place among those that wait.</summary>
    public LinkedListNode<RunRequest>? Place { get; set; }

    /// <summary>Runs it alone and reports how that went.</summary>
    public void Run()
    {
        try
        {
            work();
            Complete();
        }
        catch (Exception exception)
        {
            TrySetException(exception);
        }
    }

    /// <summary>Its run is over, whose result nobody wants any more if it was cancelled meanwhile.</summary>
    public void Complete()
    {
        if (!CancelIfUnwanted())
        {
            TrySetResult();
        }
    }

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
