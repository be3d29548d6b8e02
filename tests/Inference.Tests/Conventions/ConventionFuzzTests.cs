using System.Text;
using SoftmaxService.Inference.Conventions;

namespace SoftmaxService.Inference.Tests.Conventions;

/// <summary>Damaged files give a model, warnings, or the documented exception.</summary>
public sealed class ConventionFuzzTests
{
    private const int Seed = 20_261_129;
    private const int Rounds = 400;

    private static readonly string[] Tokens =
    [
        "{", "}", "[", "]", "(", ")", "<", ">", "\"", "'", ":", ",", "\n", "\\", "\\u", "\\ud800", "#", "&a", "*a",
        "!!x", "- ", "null", "None", "true", "-1", "0", "1e999", "99999999999999999999", "0.5", "%", "|", ">", "? ",
        "\t", "\0", "---", "...", "''", "\"\"", "size", "\uFEFF",
    ];

    public static TheoryData<int> EverySample() => [.. Enumerable.Range(0, Samples.All.Count)];

    public static TheoryData<int> EveryMetadata() => [.. Enumerable.Range(0, Samples.Metadata.Count)];

    [Theory]
    [MemberData(nameof(EverySample))]
    public void ADamagedFile_GivesOnlyTheDocumentedException(int index)
    {
        var (name, content) = Samples.All[index];
        var random = new Random(Seed + index);
        using var folder = new SidecarFolder()
            .With("animals.txt", "cat\ndog").With("labels.txt", "cat\ndog");
        if (name is "metadata_properties.json")
        {
            folder.With("cvexport.manifest", Samples.CustomVisionManifest);
        }

        for (var round = 0; round < Rounds; round++)
        {
            var damaged = Damage(Encoding.UTF8.GetBytes(content), random);
            folder.With(name, damaged);
            AssertDocumented(() => folder.Read(round % 2 == 0 ? null : 2), damaged);
        }
    }

    [Theory]
    [MemberData(nameof(EveryMetadata))]
    public void DamagedMetadata_GivesWarnings(int index)
    {
        var random = new Random(Seed - index);
        using var folder = new SidecarFolder();
        for (var round = 0; round < Rounds; round++)
        {
            var metadata = Samples.Metadata.ToArray();
            var damaged = Damage(Encoding.UTF8.GetBytes(metadata[index].Value), random);
            metadata[index].Value = Encoding.UTF8.GetString(damaged);

            Assert.NotNull(folder.Read(round % 2 == 0 ? null : 3, metadata));
        }
    }

    private static void AssertDocumented(Func<StatedModel> read, byte[] damaged)
    {
        try
        {
            var stated = read();
            Assert.True(stated.Labels is not { Value.Count: 0 });
            Assert.All(stated.Std?.Value ?? [], std => Assert.True(std != 0 && float.IsFinite(std)));
            Assert.All(stated.Mean?.Value ?? [], mean => Assert.True(float.IsFinite(mean)));
            Assert.True(stated.Scale is null or { Value: not (0 or double.NaN) });
            Assert.True(stated.Height is null or { Value: >= 1 });
        }
        catch (ConventionException fault)
        {
            Assert.NotEmpty(fault.Message);
        }
        catch (Exception fault)
        {
            Assert.Fail($"{fault}\n{Encoding.UTF8.GetString(damaged)}");
        }
    }

    private static byte[] Damage(byte[] content, Random random)
    {
        var bytes = content.ToList();
        for (var count = random.Next(1, 4); count > 0 && bytes.Count > 0; count--)
        {
            var at = random.Next(bytes.Count);
            var length = Math.Min(random.Next(1, 20), bytes.Count - at);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, length);
                    break;
                case 2:
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                case 3:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 4:
                    bytes.RemoveRange(at, Math.Min(1, length));
                    bytes.InsertRange(at, Encoding.UTF8.GetBytes(Tokens[random.Next(Tokens.Length)]));
                    break;
                default:
                    bytes.InsertRange(at, Encoding.UTF8.GetBytes(Tokens[random.Next(Tokens.Length)]));
                    break;
            }
        }

        return [.. bytes];
    }
}
