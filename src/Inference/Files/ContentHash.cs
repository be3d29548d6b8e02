using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace SoftmaxService.Inference.Files;

/// <summary>
/// A hash of a file's content for which nobody can make a second content. It is made of SHA-256 (FIPS 180-4) in a way
/// that computes eight of them at once: .NET's own loads OpenSSL, which costs a start more than hashing the models that
/// ship.
/// <para>
/// The content is cut into groups of 512 bytes. Lane j of eight is the words of 32 bits j, j + 8, j + 16 and so on
/// of all whole groups. The hash is the SHA-256 of the lanes' eight SHA-256, the bytes after the last whole group,
/// and the content's length as 64 bits, the most significant byte first. Two contents with the same hash would have
/// a collision of SHA-256: in what is hashed last, or in one lane.
/// </para>
/// </summary>
internal sealed class ContentHash
{
    private const int Lanes = 8;
    private const int BlockBytes = 64;
    private const int GroupBytes = Lanes * BlockBytes;
    private const int LengthBytes = sizeof(ulong);
    private const int Rounds = 64;
    private const int BufferBytes = 1 << 18;

    // FIPS 180-4, 5.3.3 and 4.2.2.
    private static readonly uint[] Start = FractionsOfRoots(Math.Sqrt, Lanes);
    private static readonly uint[] RoundConstants = FractionsOfRoots(Math.Cbrt, Rounds);

    private readonly Vector256<uint>[] _schedule = new Vector256<uint>[Rounds];
    private readonly Vector256<uint>[] _state = new Vector256<uint>[Lanes];

    private ContentHash() => Restart();

    /// <summary>The hash of a stream from where it is to its end, in hexadecimal.</summary>
    /// <exception cref="OperationCanceledException">The reading was ended.</exception>
    public static string Of(Stream stream, CancellationToken cancellationToken)
    {
        var hash = new ContentHash();
        var buffer = new byte[BufferBytes];
        long length = 0;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var read = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            length += read;
            var groups = read / GroupBytes * GroupBytes;
            hash.Append(buffer.AsSpan(0, groups));
            if (read < buffer.Length)
            {
                return hash.Finish(buffer.AsSpan(groups, read - groups), length);
            }
        }
    }

    /// <summary>The first 32 bits of the fractions of the first primes' roots.</summary>
    private static uint[] FractionsOfRoots(Func<double, double> rootOf, int count)
    {
        var fractions = new uint[count];
        for (int candidate = 2, found = 0; found < count; candidate++)
        {
            if (IsPrime(candidate))
            {
                var root = rootOf(candidate);
                fractions[found++] = (uint)((root - Math.Floor(root)) * (1L << 32));
            }
        }

        return fractions;
    }

    private static bool IsPrime(int candidate)
    {
        for (var divisor = 2; divisor * divisor <= candidate; divisor++)
        {
            if (candidate % divisor == 0)
            {
                return false;
            }
        }

        return true;
    }

    private void Restart()
    {
        for (var i = 0; i < _state.Length; i++)
        {
            _state[i] = Vector256.Create(Start[i]);
        }
    }

    // Hot at their first calls, this method and Compress are not compiled for a quick start first.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Append(ReadOnlySpan<byte> groups)
    {
        for (; groups.Length >= GroupBytes; groups = groups[GroupBytes..])
        {
            for (var word = 0; word < BlockBytes / sizeof(uint); word++)
            {
                var littleEndian = Vector256.Create(groups[(word * Vector256<byte>.Count)..]).AsUInt32();
                _schedule[word] = Reverse(littleEndian);
            }

            Compress();
        }
    }

    private string Finish(ReadOnlySpan<byte> tail, long length)
    {
        // Each lane has the same length, and so the same padding.
        var block = new byte[BlockBytes];
        Pad(block, length / GroupBytes * BlockBytes);
        AppendToAll(block);

        var digests = Lanes * Lanes * sizeof(uint);
        var content = digests + tail.Length + LengthBytes;
        var last = new byte[(content + 1 + LengthBytes + BlockBytes - 1) / BlockBytes * BlockBytes];
        for (var lane = 0; lane < Lanes; lane++)
        {
            WriteDigest(lane, last.AsSpan(lane * Lanes * sizeof(uint)));
        }

        tail.CopyTo(last.AsSpan(digests));
        BinaryPrimitives.WriteInt64BigEndian(last.AsSpan(digests + tail.Length), length);
        Pad(last.AsSpan(content), content);
        Restart();
        AppendToAll(last);

        Span<byte> digest = stackalloc byte[Lanes * sizeof(uint)];
        WriteDigest(0, digest);
        return Convert.ToHexStringLower(digest);
    }

    /// <summary>FIPS 180-4, 5.1.1: a bit of 1, and at the end of the last block the length in bits.</summary>
    private static void Pad(Span<byte> rest, long length)
    {
        rest[0] = 0x80;
        BinaryPrimitives.WriteInt64BigEndian(rest[^LengthBytes..], 8 * length);
    }

    private void AppendToAll(ReadOnlySpan<byte> blocks)
    {
        for (; blocks.Length > 0; blocks = blocks[BlockBytes..])
        {
            for (var word = 0; word < BlockBytes / sizeof(uint); word++)
            {
                _schedule[word] = Vector256.Create(
                    BinaryPrimitives.ReadUInt32BigEndian(blocks[(word * sizeof(uint))..]));
            }

            Compress();
        }
    }

    private void WriteDigest(int lane, Span<byte> digest)
    {
        for (var i = 0; i < Lanes; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(digest[(i * sizeof(uint))..], _state[i][lane]);
        }
    }

    /// <summary>FIPS 180-4, 6.2.2, for eight blocks at once, whose words are in the schedule.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Compress()
    {
        ref var w = ref MemoryMarshal.GetArrayDataReference(_schedule);
        for (var t = 16; t < Rounds; t++)
        {
            var (early, late) = (Unsafe.Add(ref w, t - 15), Unsafe.Add(ref w, t - 2));
            Unsafe.Add(ref w, t) = Unsafe.Add(ref w, t - 16) + Unsafe.Add(ref w, t - 7)
                + (Rotate(early, 7) ^ Rotate(early, 18) ^ (early >>> 3))
                + (Rotate(late, 17) ^ Rotate(late, 19) ^ (late >>> 10));
        }

        var constants = RoundConstants;
        var s = _state;
        var (a, b, c, d, e, f, g, h) = (s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]);
        for (var t = 0; t < Rounds; t++)
        {
            var first = h + (Rotate(e, 6) ^ Rotate(e, 11) ^ Rotate(e, 25)) + (g ^ (e & (f ^ g)))
                + Vector256.Create(constants[t]) + Unsafe.Add(ref w, t);
            var second = (Rotate(a, 2) ^ Rotate(a, 13) ^ Rotate(a, 22)) + ((a & b) | (c & (a | b)));
            (h, g, f, e, d, c, b, a) = (g, f, e, d + first, c, b, a, first + second);
        }

        (s[0], s[1], s[2], s[3]) = (s[0] + a, s[1] + b, s[2] + c, s[3] + d);
        (s[4], s[5], s[6], s[7]) = (s[4] + e, s[5] + f, s[6] + g, s[7] + h);
    }

    /// <summary>Reverses the bytes of each word.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Reverse(Vector256<uint> words)
    {
        var pairs = Rotate(words, 16);
        return ((pairs & Vector256.Create(0x00ff00ffu)) << 8) | ((pairs >>> 8) & Vector256.Create(0x00ff00ffu));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Rotate(Vector256<uint> value, int bits) => (value >>> bits) | (value << (32 - bits));
}
