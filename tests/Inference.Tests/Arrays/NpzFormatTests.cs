using System.IO.Compression;
using SoftmaxService.Inference.Arrays;

namespace SoftmaxService.Inference.Tests.Arrays;

public sealed class NpzFormatTests
{
    [Fact]
    public void Write_SeveralArrays_AreReadAgain()
    {
        var archive = new MemoryStream();
        NpzFormat.Write(archive, [Named("input", [1, 2, 3]), Named("logits", [4, 5])]);
        archive.Position = 0;

        var arrays = NpzFormat.Read(archive);

        Assert.Equal(["input", "logits"], arrays.Select(array => array.Key));
        Assert.Equal([1, 2, 3], arrays[0].Value.ToFloats());
        Assert.Equal([4, 5], arrays[1].Value.ToFloats());
    }

    [Fact]
    public void Write_SameArrays_GivesTheSameFile()
    {
        var (one, other) = (new MemoryStream(), new MemoryStream());
        NpzFormat.Write(one, [Named("input", [1])]);
        NpzFormat.Write(other, [Named("input", [1])]);

        Assert.Equal(one.ToArray(), other.ToArray());
    }

    [Fact]
    public void Read_NoArchive_IsRejected() =>
        AssertRejected(new MemoryStream([1, 2, 3]), "not a zip archive", "numpy.savez");

    [Fact]
    public void Read_EmptyArchive_IsRejected() => AssertRejected(Zip([]), "holds no arrays");

    [Fact]
    public void Read_OtherFiles_AreRejected() =>
        AssertRejected(Zip([("a.txt", [1])]), "'a.txt' is not a .npy file");

    [Fact]
    public void Read_NameTwice_IsRejected() =>
        AssertRejected(Zip([("a.npy", Npy(1)), ("a.npy", Npy(2))]), "'a.npy' is there twice");

    [Fact]
    public void Read_TooManyFiles_IsRejected() => AssertRejected(
        Zip([.. Enumerable.Range(0, NpzFormat.MaxArrays + 1).Select(i => ($"{i}.npy", new byte[1]))]),
        "1001 files; at most 1000");

    /// <summary>64 MB of zeros deflate to 64 kB.</summary>
    [Fact]
    public void Read_BombOfZeros_IsRejectedBeforeItIsInflated()
    {
        var bomb = Zip([("a.npy", NpyFormat.Write(NumpyArray.OfFloats(new float[1 << 24], [1 << 24])))]);
        Assert.InRange(bomb.Length, 0, 1 << 17);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var fault = Assert.Throws<InvalidDataException>(() => NpzFormat.Read(bomb, maxBytes: 1 << 20));

        Assert.Contains("at most 1048576 bytes", fault.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    /// <summary>Each array alone is within the limit.</summary>
    [Fact]
    public void Read_ArraysBeyondTheLimitTogether_AreRejected()
    {
        var zeros = NpyFormat.Write(NumpyArray.OfFloats(new float[1000], [1000]));

        Assert.Equal(2, NpzFormat.Read(Zip([("a.npy", zeros), ("b.npy", zeros)]), maxBytes: 8000).Count);
        AssertRejected(Zip([("a.npy", zeros), ("b.npy", zeros)]), 7999, "'b.npy'", "at most 3999");
    }

    /// <summary>The directory of the archive says that the entry is longer, as the array's header does.</summary>
    [Fact]
    public void Read_EntryShorterThanItsDirectorySays_IsRejected()
    {
        var file = Npy(1, 2, 3, 4);
        var honest = Zip([("a.npy", file[..^4])], CompressionLevel.NoCompression).ToArray();
        var at = honest.AsSpan().LastIndexOf("PK\u0001\u0002"u8);
        BitConverter.TryWriteBytes(honest.AsSpan(at + 24), file.Length);

        Assert.Throws<InvalidDataException>(() => NpzFormat.Read(new MemoryStream(honest)));
    }

    [Fact]
    public void Read_ChangedElement_IsRejectedByItsChecksum()
    {
        var archive = Zip([("a.npy", Npy(1, 2, 3, 4))], CompressionLevel.NoCompression).ToArray();
        archive[archive.AsSpan().IndexOf("\n"u8) + 3] ^= 1;

        AssertRejected(new MemoryStream(archive), "'a.npy'", "checksum");
    }

    private static void AssertRejected(Stream archive, params string[] reasons) =>
        AssertRejected(archive, NpyFormat.DefaultMaxBytes, reasons);

    private static void AssertRejected(Stream archive, int maxBytes, params string[] reasons)
    {
        var fault = Assert.Throws<InvalidDataException>(() => NpzFormat.Read(archive, maxBytes));

        Assert.All(reasons, reason => Assert.Contains(reason, fault.Message, StringComparison.Ordinal));
    }

    private static KeyValuePair<string, NumpyArray> Named(string name, float[] values) =>
        new(name, NumpyArray.OfFloats(values, [values.Length]));

    private static byte[] Npy(params float[] values) => NpyFormat.Write(NumpyArray.OfFloats(values, [values.Length]));

    private static MemoryStream Zip(
        (string Name, byte[] Content)[] files, CompressionLevel level = CompressionLevel.Optimal)
    {
        var stream = new MemoryStream();
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in files)
            {
                using var entry = archive.CreateEntry(name, level).Open();
                entry.Write(content);
            }
        }

        stream.Position = 0;
        return stream;
    }
}
