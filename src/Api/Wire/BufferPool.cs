using System.Numerics;

namespace SoftmaxService.Api.Wire;

/// <summary>
/// Buffers whose lengths are powers of two. Those that come back are kept for the next request, up to so many bytes in
/// all; what is more is left to the collector.
/// </summary>
internal sealed class BufferPool(long mostKeptBytes)
{
    private readonly Lock _lock = new();
    // By the power.
    private readonly Stack<byte[]>[] _idle = [.. Enumerable.Range(0, 32).Select(_ => new Stack<byte[]>())];
    private long _keptBytes;

    /// <summary>
    /// A buffer of at least this length; what is in it is left from whoever had it before. Beyond 2³⁰ there is one
    /// size, the most that an array can have.
    /// </summary>
    public byte[] Rent(int length)
    {
        var size = BitOperations.RoundUpToPowerOf2((uint)length);
        lock (_lock)
        {
            if (_idle[BitOperations.Log2(size)].TryPop(out var buffer))
            {
                _keptBytes -= buffer.Length;
                return buffer;
            }
        }

        return GC.AllocateUninitializedArray<byte>((int)Math.Min(size, Array.MaxLength));
    }

    /// <summary>Gives a rented buffer back; nobody may use it any more.</summary>
    public void Return(byte[] buffer)
    {
        lock (_lock)
        {
            if (_keptBytes + buffer.Length <= mostKeptBytes)
            {
                _keptBytes += buffer.Length;
                _idle[BitOperations.Log2((uint)buffer.Length)].Push(buffer);
            }
        }
    }
}
