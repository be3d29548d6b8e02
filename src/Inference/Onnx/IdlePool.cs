namespace SoftmaxService.Inference.Onnx;

/// <summary>
/// A bounded pool of idle objects: a burst of requests does not hold its memory for ever. Unlike the framework's object
/// pools it makes no objects, and leaves those that it does not keep to the caller, who frees their native memory.
/// </summary>
/// <param name="capacity">The most objects that are kept.</param>
internal sealed class IdlePool<T>(int capacity)
    where T : class
{
    // Not ConcurrentBag, whose thread-local lists would keep an unloaded model alive: the objects lead to their model
    // and back to the bag. A stack returns the objects first that are still in the cache.
    private readonly Stack<T> _idle = [];
    private readonly Lock _lock = new();

    /// <summary>An idle object; null where there is none, and the caller makes one.</summary>
    public T? Rent()
    {
        lock (_lock)
        {
            return _idle.TryPop(out var rented) ? rented : null;
        }
    }

    /// <summary>Keeps an object. False where there are enough, and the caller frees it.</summary>
    public bool TryReturn(T rented)
    {
        lock (_lock)
        {
            if (_idle.Count >= capacity)
            {
                return false;
            }

            _idle.Push(rented);
            return true;
        }
    }
}
