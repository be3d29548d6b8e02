using System.Formats.Tar;
using System.IO.Compression;

namespace SoftmaxService.Training.Data;

/// <summary>CIFAR-10's binary version: records of a label and three planes of 32×32 bytes, in the <c>.tar.gz</c> or an unpacked folder.</summary>
internal static class CifarArchive
{
    public const int ClassCount = 10;
    public const int ImagesPerTrainingFile = 10_000;

    private const int Channels = 3;
    private const int Size = 32;
    private const int RecordLength = 1 + (Channels * Size * Size);

    /// <summary>A whole test part; more than this in one file is not CIFAR-10, and is not read into memory.</summary>
    private const int MostImagesPerFile = 10_000;

    public static string[] TrainingFileNames { get; } = [.. Enumerable.Range(1, 5).Select(number => $"data_batch_{number}.bin")];

    public static string TestFileName => "test_batch.bin";

    /// <summary>The 50,000 training images in their order, and the test images, of which there may be fewer than 10,000.</summary>
    public static (LabelledImages Training, LabelledImages Test) Read(string archiveOrFolder)
    {
        string[] names = [.. TrainingFileNames, TestFileName];
        var files = Directory.Exists(archiveOrFolder) ? ReadFolder(archiveOrFolder, names) : ReadTarGzip(archiveOrFolder, names);
        foreach (var name in TrainingFileNames)
        {
            if (files[name].Count != ImagesPerTrainingFile)
            {
                throw new InvalidDataException($"{name} has {files[name].Count} images; a training file has {ImagesPerTrainingFile}.");
            }
        }

        LabelledImages[] training = [.. TrainingFileNames.Select(name => files[name])];
        var all = training[0] with
        {
            Pixels = [.. training.SelectMany(part => part.Pixels)],
            Labels = [.. training.SelectMany(part => part.Labels)],
        };
        return (all, files[TestFileName]);
    }

    public static LabelledImages ReadRecords(Stream stream, string name)
    {
        var bytes = new byte[RecordLength * MostImagesPerFile];
        var length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        if (stream.ReadByte() >= 0)
        {
            throw new InvalidDataException($"{name} goes on after {MostImagesPerFile} images.");
        }

        var (count, rest) = Math.DivRem(length, RecordLength);
        if (rest != 0 || count == 0)
        {
            throw new InvalidDataException($"{name} ends within image {count}: {rest} of {RecordLength} bytes.");
        }

        var (pixels, labels) = (new byte[count * (RecordLength - 1)], new byte[count]);
        for (var i = 0; i < count; i++)
        {
            var record = bytes.AsSpan(i * RecordLength, RecordLength);
            labels[i] = record[0] < ClassCount
                ? record[0]
                : throw new InvalidDataException($"{name} gives image {i} the class {record[0]}; there are {ClassCount} classes.");
            record[1..].CopyTo(pixels.AsSpan(i * (RecordLength - 1)));
        }

        return new LabelledImages(Channels, Size, Size, pixels, labels);
    }

    private static Dictionary<string, LabelledImages> ReadFolder(string folder, string[] names) => names.ToDictionary(name => name, name =>
    {
        using var file = File.OpenRead(LabelledImages.ExistingFile(folder, name));
        return ReadRecords(file, name);
    });

    private static Dictionary<string, LabelledImages> ReadTarGzip(string path, string[] names)
    {
        var archive = Path.GetFileName(path);
        var files = new Dictionary<string, LabelledImages>();
        using var file = File.OpenRead(path);
        using var unzipped = new GZipStream(file, CompressionMode.Decompress);
        using var tar = new TarReader(unzipped);
        while (NextEntry(tar, archive) is { } entry)
        {
            var name = Path.GetFileName(entry.Name);
            if (entry.DataStream is { } data && names.Contains(name) && !files.TryAdd(name, ReadRecords(data, name)))
            {
                throw new InvalidDataException($"{archive} holds {name} twice.");
            }
        }

        return names.Except(files.Keys).FirstOrDefault() is { } missing
            ? throw new InvalidDataException($"{archive} has no {missing}.")
            : files;
    }

    private static TarEntry? NextEntry(TarReader tar, string archive)
    {
        try
        {
            return tar.GetNextEntry();
        }
        catch (Exception problem) when (problem is InvalidDataException or EndOfStreamException)
        {
            throw new InvalidDataException($"{archive} is not a whole .tar.gz: {problem.Message}", problem);
        }
    }
}
