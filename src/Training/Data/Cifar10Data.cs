using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;

namespace SoftmaxService.Training.Data;

/// <summary>CIFAR-10 as its binary version holds it: records of a label and three planes of 32×32 bytes.</summary>
/// <param name="Training">All training images, file after file.</param>
/// <param name="Test">The test images, of which there may be fewer than 10,000.</param>
/// <param name="Sha256">
/// Of every file that was read, by name; the same for an archive and for what is unpacked from it.
/// </param>
internal sealed record Cifar10Data(
    LabelledImages Training,
    LabelledImages Test,
    IReadOnlyDictionary<string, string> Sha256)
{
    public const string TestFileName = "test_batch.bin";

    private const int ClassCount = 10;
    private const int Channels = 3;
    private const int Size = 32;
    private const int ImageLength = Channels * Size * Size;
    private const int RecordLength = 1 + ImageLength;
    private const int ImagesPerFile = 10_000;

    public static IReadOnlyList<string> TrainingFileNames { get; } =
    [.. Enumerable.Range(1, 5).Select(number => $"data_batch_{number}.bin")];

    /// <param name="archiveOrFolder"><c>cifar-10-binary.tar.gz</c>, or the folder that it unpacks to.</param>
    /// <exception cref="InvalidDataException">
    /// A file is missing in the archive, or is not what it should be.
    /// </exception>
    /// <exception cref="IOException">
    /// There is no such archive or folder, or a file is missing in the folder.
    /// </exception>
    public static Cifar10Data Read(string archiveOrFolder)
    {
        string[] names = [.. TrainingFileNames, TestFileName];
        var files = Directory.Exists(archiveOrFolder)
            ? ReadFolder(archiveOrFolder, names)
            : ReadTarGzip(archiveOrFolder, names);

        var parts = new List<LabelledImages>();
        foreach (var name in TrainingFileNames)
        {
            var part = ReadRecords(files[name], name);
            parts.Add(
                part.Count == ImagesPerFile
                    ? part
                    : throw new InvalidDataException(
                        $"{name} has {part.Count} images; a training file has {ImagesPerFile}."));
        }

        var training = parts[0] with
        {
            Pixels = [.. parts.SelectMany(part => part.Pixels)],
            Labels = [.. parts.SelectMany(part => part.Labels)],
        };
        return new Cifar10Data(
            training,
            ReadRecords(files[TestFileName], TestFileName),
            names.ToDictionary(name => name, name => Convert.ToHexStringLower(SHA256.HashData(files[name]))));
    }

    public static LabelledImages ReadRecords(ReadOnlySpan<byte> file, string name)
    {
        var (count, rest) = Math.DivRem(file.Length, RecordLength);
        if (file.Length > ImagesPerFile * RecordLength)
        {
            throw new InvalidDataException($"{name} goes on after {ImagesPerFile} images.");
        }

        if (rest != 0 || count == 0)
        {
            throw new InvalidDataException($"{name} ends within image {count}: {rest} of {RecordLength} bytes.");
        }

        var (pixels, labels) = (new byte[count * ImageLength], new byte[count]);
        for (var i = 0; i < count; i++)
        {
            var record = file.Slice(i * RecordLength, RecordLength);
            labels[i] =
                record[0] < ClassCount
                    ? record[0]
                    : throw new InvalidDataException(
                        $"{name} gives image {i} the class {record[0]}; there are {ClassCount} classes.");
            record[1..].CopyTo(pixels.AsSpan(i * ImageLength));
        }

        return new LabelledImages(Channels, Size, Size, pixels, labels);
    }

    private static Dictionary<string, byte[]> ReadFolder(string folder, string[] names) =>
        names.ToDictionary(
            name => name,
            name =>
            {
                using var file = File.OpenRead(LabelledImages.ExistingFile(folder, name));
                return ReadBytes(file);
            });

    private static Dictionary<string, byte[]> ReadTarGzip(string path, string[] names)
    {
        var archive = Path.GetFileName(path);
        var files = new Dictionary<string, byte[]>();
        using var file = File.OpenRead(path);
        try
        {
            using var unzipped = new GZipStream(file, CompressionMode.Decompress);
            using var tar = new TarReader(unzipped);
            while (tar.GetNextEntry() is { } entry)
            {
                var name = Path.GetFileName(entry.Name);
                if (entry.DataStream is { } data && names.Contains(name))
                {
                    files[name] = ReadBytes(data);
                }
            }
        }
        catch (Exception problem) when (problem is InvalidDataException or EndOfStreamException)
        {
            throw new InvalidDataException($"{archive} is not a whole .tar.gz: {problem.Message}", problem);
        }

        return names.FirstOrDefault(name => !files.ContainsKey(name)) is { } missing
            ? throw new InvalidDataException($"{archive} has no {missing}.")
            : files;
    }

    /// <summary>
    /// All of a file, or one byte more than a whole file has: what is longer is rejected, and need not be in memory for
    /// that.
    /// </summary>
    private static byte[] ReadBytes(Stream stream)
    {
        var bytes = new byte[(ImagesPerFile * RecordLength) + 1];
        return bytes[..stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
    }
}
