using System.Buffers.Binary;
using System.IO.Hashing;

namespace SoftmaxService.Tests.Support.Fuzz;

/// <summary>Damages bytes like a broken client, a bad connection or an attacker.</summary>
public static class ByteMutation
{
    private const int PngSignatureLength = 8;
    private const int PngChunkFrame = 12;
    private static readonly uint[] Edges =
    [
        0,
        1,
        0x7f,
        0x80,
        0xff,
        0x100,
        0x7fff,
        0x8000,
        0xffff,
        0x10000,
        0x7fff_ffff,
        0x8000_0000,
        0xffff_fffe,
        0xffff_ffff,
    ];

    /// <summary>Adds one to four faults.</summary>
    public static byte[] Damage(Random random, byte[] bytes)
    {
        for (var faults = random.Next(1, 5); faults > 0 && bytes.Length > 0; faults--)
        {
            bytes = Once(random, bytes);
        }

        return bytes;
    }

    /// <summary>
    /// Damages an image. Half of the PNGs get correct checksums, so that the code after the checksum test is reached.
    /// </summary>
    public static byte[] DamageImage(Random random, byte[] image)
    {
        var damaged = Damage(random, image);
        if (random.Next(2) == 0 && damaged.AsSpan().StartsWith<byte>([0x89, .. "PNG"u8]))
        {
            RepairChecksums(damaged);
        }

        return damaged;
    }

    private static byte[] Once(Random random, byte[] bytes)
    {
        // Headers are damaged as often as everything else together.
        var position = random.Next(random.Next(2) == 0 ? Math.Min(bytes.Length, 64) : bytes.Length);
        var length = Math.Min(random.Next(1, 1 << random.Next(1, 10)), bytes.Length - position);
        switch (random.Next(8))
        {
            case 0:
                return With(bytes, position, [(byte)(bytes[position] ^ (1 << random.Next(8)))]);
            case 1:
                return With(bytes, position, [(byte)random.Next(256)]);
            case 2:
                return With(bytes, position, Edge(random));
            case 3:
                return bytes[..position];
            case 4:
                return [.. bytes[..position], .. bytes[(position + length)..]];
            case 5:
                return [.. bytes[..(position + length)], .. bytes[position..]];
            case 6:
                var noise = new byte[length];
                random.NextBytes(noise);
                return [.. bytes[..position], .. noise, .. bytes[position..]];
            default:
                var elsewhere = random.Next(bytes.Length - length + 1);
                return With(bytes, position, bytes.AsSpan(elsewhere, length));
        }
    }

    private static byte[] Edge(Random random)
    {
        var edge = new byte[4];
        var value = Edges[random.Next(Edges.Length)];
        switch (random.Next(4))
        {
            case 0:
                BinaryPrimitives.WriteUInt32LittleEndian(edge, value);
                return edge;
            case 1:
                BinaryPrimitives.WriteUInt32BigEndian(edge, value);
                return edge;
            case 2:
                BinaryPrimitives.WriteUInt16LittleEndian(edge, (ushort)value);
                return edge[..2];
            default:
                BinaryPrimitives.WriteUInt16BigEndian(edge, (ushort)value);
                return edge[..2];
        }
    }

    private static byte[] With(byte[] bytes, int position, ReadOnlySpan<byte> replacement)
    {
        byte[] copy = [.. bytes];
        replacement[..Math.Min(replacement.Length, copy.Length - position)].CopyTo(copy.AsSpan(position));
        return copy;
    }

    private static void RepairChecksums(Span<byte> png)
    {
        for (var rest = png[Math.Min(PngSignatureLength, png.Length)..]; rest.Length >= PngChunkFrame;)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(rest);
            if (length > rest.Length - PngChunkFrame)
            {
                return;
            }

            var covered = rest.Slice(4, (int)length + 4);
            BinaryPrimitives.WriteUInt32BigEndian(rest[((int)length + 8)..], Crc32.HashToUInt32(covered));
            rest = rest[((int)length + PngChunkFrame)..];
        }
    }
}
