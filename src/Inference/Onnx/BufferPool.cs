using System.Collections.Concurrent;

namespace SoftmaxService.Inference.Onnx;

/// <summary>Idle buffers, at most so many: a burst of requests must not hold its memory for ever.</summary>
/// <param name="capacity">The most that are kept.</param>
internal sealed class BufferPool<T>(int capacity)
    where T : class
{
    private readonly ConcurrentBag<T> _idle = [];
    private int _count;

    public T? Take()
    {
        if (!_idle.TryTake(out var taken))
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

        _idle.Add(buffers);
        return true;
    }
}
