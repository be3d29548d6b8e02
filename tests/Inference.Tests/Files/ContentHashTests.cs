using System.Buffers.Binary;
using System.Security.Cryptography;
using SoftmaxService.Inference.Files;

namespace SoftmaxService.Inference.Tests.Files;

public sealed class ContentHashTests
{
    private const int Group = 512;

    private static readonly byte[] Bytes = RandomBytes((1 << 19) + 1000);

    [Fact]
    public void Of_EveryLengthAroundItsBlocks_IsItsDefinition()
    {
        int[] lengths =
        [
            .. Enumerable.Range(0, (2 * Group) + 2), (1 << 18) - 1, 1 << 18, (1 << 18) + 1, 1 << 19, Bytes.Length,
        ];

        Assert.All(lengths, length => Assert.Equal(Definition(Bytes.AsSpan(0, length)), HashOf(Bytes[..length])));
    }

    [Fact]
    public void Of_AnyByteThatChanges_Changes()
    {
        var bytes = Bytes[..1100];
        var hashes = new HashSet<string> { HashOf(bytes) };
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] ^= 1;
            Assert.True(hashes.Add(HashOf(bytes)));
            bytes[i] ^= 1;
        }
    }

    [Fact]
    public void Of_StreamThatGivesLittleAtATime_IsThatOfItsBytes()
    {
        using var stream = new Trickle(Bytes);

        Assert.Equal(HashOf(Bytes), ContentHash.Of(stream, CancellationToken.None));
    }

    [Fact]
    public void Of_Cancelled_Throws()
    {
        using var stream = new MemoryStream(Bytes);

        Assert.Throws<OperationCanceledException>(() => ContentHash.Of(stream, new CancellationToken(true)));
    }

    private static string HashOf(byte[] bytes)
    {
        using var stream = new MemoryStream(bytes);
        return ContentHash.Of(stream, CancellationToken.None);
    }

    /// <summary>The hash by .NET's SHA-256.</summary>
    private static string Definition(ReadOnlySpan<byte> bytes)
    {
        var whole = bytes.Length / Group * Group;
        using var last = new MemoryStream();
        for (var lane = 0; lane < 8; lane++)
        {
            using var words = new MemoryStream();
            for (var i = 4 * lane; i < whole; i += 32)
            {
                words.Write(bytes.Slice(i, 4));
            }

            last.Write(SHA256.HashData(words.ToArray()));
        }

        last.Write(bytes[whole..]);
        var length = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(length, bytes.Length);
        last.Write(length);
        return Convert.ToHexStringLower(SHA256.HashData(last.ToArray()));
    }

    private static byte[] RandomBytes(int length)
    {
        var bytes = new byte[length];
        new Random(20).NextBytes(bytes);
        return bytes;
    }

    private sealed class Trickle(byte[] bytes) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, 777)]);
    }
}
