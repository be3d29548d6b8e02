namespace SoftmaxService.HttpBenchmarks.Floor;

/// <summary>
/// Buffers for bodies, all of them kept. ArrayPool.Shared keeps fewer than 64 connections hold at once, and a floor
/// that allocates would make those above it look low.
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
