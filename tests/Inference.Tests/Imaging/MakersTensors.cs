using System.Buffers.Binary;
using System.IO.Compression;
using System.Text.Json;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Inference.Tests.Imaging;

/// <summary>What makers' pipelines make of one picture of the folder References.</summary>
internal sealed class MakersTensors
{
    private const string Folder = "tests/Inference.Tests/Imaging/References/";

    private static readonly Reference[] References = JsonSerializer.Deserialize<Reference[]>(
        Repository.ReadText(Folder + "recipes.json"), JsonSerializerOptions.Web)!;

    private readonly byte[] _encoded;
    private readonly Dictionary<string, double[]> _levels = [];

    private MakersTensors(byte[] encoded, ReadOnlySpan<byte> levels)
    {
        _encoded = encoded;
        foreach (var reference in References)
        {
            var values = new double[reference.Count];
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = reference.Bytes == 1
                    ? levels[i]
                    : BinaryPrimitives.ReadUInt16LittleEndian(levels[(2 * i)..]) / 256.0;
            }

            _levels.Add(reference.Name, values);
            levels = levels[(values.Length * reference.Bytes)..];
        }

        Assert.Equal(0, levels.Length);
    }

    /// <summary>The names of the pipelines.</summary>
    public static IEnumerable<string> Names => References.Select(reference => reference.Name);

    /// <summary>The names of the pictures.</summary>
    public static IEnumerable<string> Pictures { get; } =
    [
        .. Directory.EnumerateFiles(Repository.PathOf(Folder), "*.gz")
            .Select(file => Path.GetFileName(file)[..^".levels.gz".Length])
            .Order(StringComparer.Ordinal),
    ];

    public static MakersTensors Of(string picture) => new(
        File.ReadAllBytes(Repository.PathOf(Folder + picture)),
        Inflate(File.ReadAllBytes(Repository.PathOf($"{Folder}{picture}.levels.gz"))));

    /// <summary>How far a tensor of ours is from a pipeline's, in levels of 0…255.</summary>
    /// <param name="name">The pipeline.</param>
    /// <param name="input">Our recipe.</param>
    /// <param name="blackPixel">What a black pixel is in our tensor; null where the pipeline scales.</param>
    /// <param name="whitePixel">What a white pixel is, likewise.</param>
    public double[] Differences(
        string name, ImageInput input, double? blackPixel = null, double? whitePixel = null)
    {
        var reference = References.Single(one => one.Name == name);
        var tensor = PlainPixels.Run(input, _encoded);
        var levels = _levels[name];
        Assert.Equal(input.ElementCount, reference.Elements);
        var differences = new double[levels.Length];
        for (var i = 0; i < levels.Length; i++)
        {
            var (pixel, channel) = Math.DivRem(i * reference.Step, input.Channels);
            var value = input.Layout == TensorLayout.ChannelsFirst
                ? tensor[(channel * input.Height * input.Width) + pixel]
                : tensor[i * reference.Step];
            var black = blackPixel ?? reference.Black[channel];
            var white = whitePixel ?? reference.White[channel];
            differences[i] = Math.Abs((255 * (value - black) / (white - black)) - levels[i]);
        }

        return differences;
    }

    private static byte[] Inflate(byte[] zipped)
    {
        using var stream = new GZipStream(new MemoryStream(zipped), CompressionMode.Decompress);
        var inflated = new MemoryStream();
        stream.CopyTo(inflated);
        return inflated.ToArray();
    }

    /// <summary>A recipe of recipes.json.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Elements">The tensor's elements.</param>
    /// <param name="Step">Every how many elements one is kept.</param>
    /// <param name="Bytes">Bytes per element; of two, the unit is 1/256 of a level.</param>
    /// <param name="Black">The tensor's value for a black pixel, by channel.</param>
    /// <param name="White">The tensor's value for a white pixel, by channel.</param>
    private sealed record Reference(
        string Name, int Elements, int Step, int Bytes, double[] Black, double[] White)
    {
        public int Count => (Elements + Step - 1) / Step;
    }
}
