using SoftmaxService.Inference.Arrays;

namespace SoftmaxService.Inference.Tests.Arrays;

/// <summary>Damaged files are read, or rejected by the documented exception; nothing else happens.</summary>
public sealed class NumpyFuzzTests
{
    private const string Folder = "tests/Inference.Tests/Arrays/References";
    private const int Changes = 400;

    public static TheoryData<string> Files() =>
    [
        .. Directory.EnumerateFiles(Repository.PathOf(Folder), "*.np?")
            .Select(file => Path.GetFileName(file))
            .Order(StringComparer.Ordinal),
    ];

    [Theory]
    [MemberData(nameof(Files))]
    public void Read_TruncatedAnywhere_IsRejected(string name)
    {
        var file = File.ReadAllBytes(Repository.PathOf($"{Folder}/{name}"));
        for (var length = 0; length < file.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => Read(name, file[..length]));
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Read_ChangedBytes_NeverFailsOtherwise(string name)
    {
        var file = File.ReadAllBytes(Repository.PathOf($"{Folder}/{name}"));
        var random = new Random(name.Sum(letter => letter));
        for (var change = 0; change < Changes; change++)
        {
            var damaged = file.ToArray();
            for (var count = random.Next(1, 5); count > 0; count--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            try
            {
                Read(name, damaged);
            }
            catch (InvalidDataException)
            {
                // As documented.
            }
        }
    }

    private static void Read(string name, byte[] file)
    {
        if (name.EndsWith(".npz", StringComparison.Ordinal))
        {
            foreach (var (_, array) in NpzFormat.Read(new MemoryStream(file)))
            {
                array.ToFloats();
            }
        }
        else
        {
            NpyFormat.Read(file).ToFloats();
        }
    }
}
