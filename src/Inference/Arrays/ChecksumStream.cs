namespace SoftmaxService.Inference.Arrays;

/// <summary>
/// Reads a stream and computes the CRC-32 of what was read, as zip archives define it: .NET does not compare it.
/// </summary>
internal sealed class ChecksumStream(Stream inner) : Stream
{
    private const uint Polynomial = 0xEDB88320; // ISO 3309's, its bits in reverse

    private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(value => Remainder((uint)value))];

    private uint _remainder = uint.MaxValue;

    public uint Checksum => ~_remainder;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        var count = inner.Read(buffer);
        foreach (var one in buffer[..count])
        {
            _remainder = Table[(byte)(_remainder ^ one)] ^ (_remainder >> 8);
        }

        return count;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        inner.Dispose();
        base.Dispose(disposing);
    }

    private static uint Remainder(uint value)
    {
        for (var bit = 0; bit < 8; bit++)
        {
            value = (value & 1) != 0 ? Polynomial ^ (value >> 1) : value >> 1;
        }

        return value;
    }
}
