namespace SoftmaxService.HttpBenchmarks.Floor;

/// <summary>
/// Keeps all buffers for bodies. ArrayPool.Shared keeps fewer buffers than 64 connections use at once, and if the floor
/// allocated, our allocations beyond it would look too low.
/// </summary>
internal sealed class BufferStack
{
    private const int SmallestLength = 4096;

    private readonly Lock _lock = new();
    private readonly Stack<byte[]> _idle = [];

    public byte[] Rent(int length)
    {
        lock (_lock)
        {
            return _idle.TryPop(out var buffer) && buffer.Length >= length
                ? buffer
                : new byte[Math.Max(length, SmallestLength)];
        }
    }

    public void Return(byte[] buffer)
    {
        lock (_lock)
        {
            _idle.Push(buffer);
        }
    }
}
