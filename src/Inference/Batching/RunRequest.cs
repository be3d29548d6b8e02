using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Batching;

/// <summary>One that is to be run: an item, or (without one) work that takes a slot for itself.</summary>
internal sealed class RunRequest(OnnxRun? item, Action work, CancellationToken cancellation)
{
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public OnnxRun? Item => item;

    public CancellationToken Cancellation => cancellation;

    /// <summary>Its place among those that wait.</summary>
    public LinkedListNode<RunRequest>? Place { get; set; }

    /// <summary>Done when its buffers are no longer in use.</summary>
    public Task Completion => _completion.Task;

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
            _completion.TrySetException(exception);
        }
    }

    /// <summary>Its run is over, whose result nobody wants any more if it was cancelled meanwhile.</summary>
    public void Complete()
    {
        if (cancellation.IsCancellationRequested)
        {
            Cancel();
        }
        else
        {
            _completion.TrySetResult();
        }
    }

    public void Cancel() => _completion.TrySetCanceled(cancellation);
}
