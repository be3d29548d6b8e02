using System.Collections.Concurrent;

namespace SoftmaxService.Inference.Onnx;

/// <summary>Idle buffers, at most so many: a burst of requests must not hold its memory for ever.</summary>
/// <param name="capacity">The most that are kept.</param>
internal sealed class BufferPool<T>(int capacity)
    where T : class
{
    // No ConcurrentBag: its threads hold what they have put in, and buffers lead to their model and back to the bag, so that no model that was
    // unloaded would ever be collected. Of a stack, the buffers that are still in the cache come out first.
    private readonly ConcurrentStack<T> _idle = [];
    private int _count;

    public T? Take()
    {
        if (!_idle.TryPop(out var taken))
        {
            return null;
        }

        Interlocked.Decrement(ref _count);
        return taken;
    }

    /// <summary>False where there are enough: the caller frees it.</summary>
    public bool TryKeep(T buffers)
    {
        if (Interlocked.Increment(ref _count) > capacity)
        {
            Interlocked.Decrement(ref _count);
            return false;
        }

        _idle.Push(buffers);
        return true;
    }
}
