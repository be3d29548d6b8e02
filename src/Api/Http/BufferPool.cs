using System.Numerics;

namespace SoftmaxService.Api.Http;

/// <summary>Buffers whose lengths are powers of two. Those that come back are kept for the next request, up to so many bytes in all; what is more is left to the collector.</summary>
internal sealed class BufferPool(long mostKeptBytes)
{
    private readonly Lock _lock = new();
    private readonly Stack<byte[]>[] _idle = [.. Enumerable.Range(0, BitOperations.Log2(int.MaxValue) + 1).Select(_ => new Stack<byte[]>())];
    private long _keptBytes;

    /// <summary>A buffer of at least this length, at most 2³⁰; what is in it is left from whoever had it before.</summary>
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

        return GC.AllocateUninitializedArray<byte>((int)size);
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
