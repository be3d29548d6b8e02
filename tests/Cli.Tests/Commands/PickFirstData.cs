using SkiaSharp;
using SoftmaxService.Tests.Support.Models;

namespace SoftmaxService.Cli.Tests.Commands;

/// <summary>
/// A model whose logits are the first three pixels of a 2 × 2 image, and images whose brightest of these pixels is
/// mostly their class.
/// </summary>
internal sealed class PickFirstData : IDisposable
{
    public const int ClassCount = 3;

    private const string Manifest =
        "{\n  // scaled to logits of 0 to 10\n  \"input\": { \"scale\": 0.0392156862745098 },\n  \"labels\": [\"a\", "
            + "\"b\", \"c\"],\n  \"training\": { \"seed\": 1 }\n}\n";

    private readonly ModelFolder _models = new();
    private readonly TemporaryFolder _folder = new();

    /// <param name="manifest">The model's manifest.</param>
    /// <param name="onnx">Another graph of the same input and classes.</param>
    public PickFirstData(string? manifest = Manifest, byte[]? onnx = null) =>
        _models.With("pick/1", onnx ?? ModelFolder.PickFirst(ClassCount, 4, "batch", 1, 2, 2), manifest);

    public string ModelPath => Path.Combine(_models.Path, "pick", "1");

    public string ManifestPath => Path.Combine(ModelPath, "model.json");

    public string FolderPath => _folder.Path;

    public static string OriginalManifest => Manifest;

    /// <summary>
    /// Writes IDX files in which eight of ten images are classified correctly, and returns the model's logits for them.
    /// </summary>
    public (string Images, float[][] Logits, int[] Labels) WriteIdx(int count, int seed = 1, int labelsFrom = 0)
    {
        var random = new Random(seed);
        var pixels = new byte[count * 4];
        var labels = new int[count];
        random.NextBytes(pixels);
        for (var i = 0; i < count; i++)
        {
            labels[i] = random.Next(labelsFrom, ClassCount);
            var brightest = random.NextDouble() < 0.8 ? labels[i] : random.Next(ClassCount);
            pixels[(4 * i) + brightest] = (byte)random.Next(200, 256);
        }

        _folder.Write(
            "t10k-labels-idx1-ubyte.gz",
            Data.DataFiles.Gzip(Data.DataFiles.Idx([count], [.. labels.Select(label => (byte)label)])));
        var images = _folder.Write(
            "t10k-images-idx3-ubyte.gz",
            Data.DataFiles.Gzip(Data.DataFiles.Idx([count, 2, 2], pixels)));
        return (
            images,
            [
                .. Enumerable
                    .Range(0, count)
                    .Select(i =>
                        pixels
                            .AsSpan(4 * i, ClassCount)
                            .ToArray()
                            .Select(pixel => pixel * 0.0392156862745098f)
                            .ToArray()),
            ],
            labels);
    }

    public string WriteCsv(float[][] logits, int[] labels) =>
        _folder.Write(
            "logits.csv",
            string.Join(
                '\n',
                logits.Zip(
                    labels,
                    (row, label) =>
                        string.Create(
                            System.Globalization.CultureInfo.InvariantCulture,
                            $"{row[0]:R},{row[1]:R},{row[2]:R},{label}"))) + "\n");

    public string WriteImage(string relativePath, byte gray)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(2, 2, SKColorType.Gray8, SKAlphaType.Opaque));
        bitmap.Erase(new SKColor(gray, gray, gray));
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return _folder.Write(relativePath, data.AsSpan());
    }

    public void Dispose()
    {
        _models.Dispose();
        _folder.Dispose();
    }
}
