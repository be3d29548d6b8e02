namespace SoftmaxService.HttpBenchmarks.Floor;

/// <summary>
/// Keeps all buffers for bodies. ArrayPool.Shared keeps fewer than 64 connections use at once, and allocations of the
/// floor would hide those of the contenders.
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
