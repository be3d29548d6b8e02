namespace SoftmaxService.Api.Wire;

/// <summary>
/// Hands compressed bytes to the stream that inflates them, the last one apart from the others: .NET's streams ignore
/// what follows the data's end, and only what they ask for tells where that was.
/// </summary>
internal sealed class CompressedInput(Stream inner) : ForwardStream(inner)
{
    private const int MinBuffer = 2;

    private bool _isHolding;
    private byte _held;

    /// <summary>Whether the last byte was asked for.</summary>
    public bool IsLastByteRead { get; private set; }

    /// <summary>Whether more was asked for after the last byte.</summary>
    public bool IsEndRead { get; private set; }

    public override int Read(Span<byte> buffer)
    {
        while (true)
        {
            var kept = Release(buffer);
            if (HandOn(buffer, kept, Inner.Read(buffer[kept..])) is { } count)
            {
                return count;
            }
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var kept = Release(buffer.Span);
            var read = await Inner.ReadAsync(buffer[kept..], cancellationToken);
            if (HandOn(buffer.Span, kept, read) is { } count)
            {
                return count;
            }
        }
    }

    /// <summary>Puts the byte that was held back into the buffer, and returns how many that were.</summary>
    private int Release(Span<byte> buffer)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(buffer.Length, MinBuffer);
        buffer[0] = _held;
        return _isHolding ? 1 : 0;
    }

    /// <summary>How many bytes are handed on; null if the only one is held back.</summary>
    private int? HandOn(ReadOnlySpan<byte> buffer, int kept, int read)
    {
        _isHolding = read > 0;
        if (read == 0)
        {
            IsEndRead = kept == 0;
            IsLastByteRead = true;
            return kept;
        }

        _held = buffer[kept + read - 1];
        return kept + read - 1 is > 0 and var count ? count : null;
    }
}
