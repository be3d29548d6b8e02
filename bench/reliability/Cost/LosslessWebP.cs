using System.Buffers.Binary;

namespace SoftmaxService.ReliabilityBenchmarks.Cost;

/// <summary>
/// A lossless WebP of a few bytes (RFC 9649): every code of the entropy coding has one symbol, so that a pixel takes no
/// bits, and is then transformed back as often as the format allows.
/// </summary>
internal static class LosslessWebP
{
    private const int SizeBits = 14;
    private const int CodesPerGroup = 5;
    private const int Predictor = 0, CrossColor = 1, SubtractGreen = 2;
    private const int SelectPredictor = 11; // compares two distances for each pixel

    public static byte[] Make(int side)
    {
        var bits = new BitWriter();
        bits.Add(0x2F, 8);
        bits.Add(side - 1, SizeBits);
        bits.Add(side - 1, SizeBits);
        bits.Add(1, 1); // alpha is used
        bits.Add(0, 3); // the version
        foreach (var transform in (ReadOnlySpan<int>)[Predictor, CrossColor, SubtractGreen])
        {
            bits.Add(1, 1);
            bits.Add(transform, 2);
            if (transform != SubtractGreen)
            {
                bits.Add(0, 3); // blocks of 4 × 4 pixels
                bits.Add(0, 1); // no colour cache
                Codes(bits, transform == Predictor ? SelectPredictor : 37);
            }
        }

        bits.Add(0, 1); // no more transforms
        bits.Add(0, 1); // no colour cache
        bits.Add(0, 1); // one group of codes
        Codes(bits, 3);
        return File(bits.ToArray());
    }

    /// <summary>A symbol each for green, red, blue, alpha and distance.</summary>
    private static void Codes(BitWriter bits, int green)
    {
        for (var code = 0; code < CodesPerGroup; code++)
        {
            bits.Add(1, 1); // a simple code
            bits.Add(0, 1); // of one symbol
            bits.Add(1, 1); // of eight bits
            bits.Add(code == 0 ? green : code, 8);
        }
    }

    private static byte[] File(byte[] data)
    {
        data = data.Length % 2 == 0 ? data : [.. data, 0];
        var file = new byte[20 + data.Length];
        "RIFF"u8.CopyTo(file);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(4), file.Length - 8);
        "WEBPVP8L"u8.CopyTo(file.AsSpan(8));
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(16), data.Length);
        data.CopyTo(file.AsSpan(20));
        return file;
    }
}

/// <summary>Bits in the order of WebP and GIF: the lowest of a byte first.</summary>
internal sealed class BitWriter
{
    private readonly List<byte> _bytes = [];
    private long _pending;
    private int _count;

    public void Add(int value, int bits)
    {
        _pending |= (long)value << _count;
        for (_count += bits; _count >= 8; _count -= 8)
        {
            _bytes.Add((byte)_pending);
            _pending >>= 8;
        }
    }

    public byte[] ToArray() => _count == 0 ? [.. _bytes] : [.. _bytes, (byte)_pending];
}
