using System.Formats.Tar;

namespace SoftmaxService.Cli.Data;

/// <summary>
/// CIFAR-10's binary version: records of one label byte and 32 × 32 pixels as three planes, in one file, in a folder of
/// files, or in the official archive, which is read without being unpacked.
/// </summary>
internal sealed class CifarImages : IImageSet
{
    private const int Side = 32;
    private const int RecordLength = 1 + (3 * Side * Side);

    private static readonly string[] TrainFiles =
    [
        .. Enumerable.Range(1, 5).Select(number => $"data_batch_{number}.bin"),
    ];
    private static readonly string[] TestFiles = ["test_batch.bin"];

    private readonly string? _archive;
    private readonly (string Path, int Count)[] _files;
    private readonly Labels _labels;

    private CifarImages(string name, string? archive, (string Path, long Length)[] files, Labels labels)
    {
        Name = name;
        _archive = archive;
        _labels = labels;
        _files = [.. files.Select(file => (file.Path, RecordsOf(file)))];
        Count = checked(_files.Sum(file => file.Count));
    }

    public string Name { get; }

    public int Count { get; }

    /// <summary>Whether a folder holds files that are named as CIFAR-10's are.</summary>
    public static bool AreIn(string folder) =>
        TrainFiles.Concat(TestFiles).Any(name => File.Exists(Path.Combine(folder, name)));

    public static CifarImages FromFile(string path, Labels labels) =>
        new(Path.GetFileName(path), archive: null, [(path, LengthOf(path))], labels);

    public static CifarImages FromFolder(string folder, DataSplit split, Labels labels) =>
        new(
            NameOf(split),
            archive: null,
            [.. FilesOf(split).Select(name => Path.Combine(folder, name)).Select(path => (path, LengthOf(path)))],
            labels);

    public static CifarImages FromArchive(string path, DataSplit split, Labels labels)
    {
        var lengths = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var (name, entry) in EntriesOf(path))
        {
            lengths[name] = entry.Length;
        }

        return new CifarImages(
            NameOf(split),
            path,
            [
                .. FilesOf(split)
                    .Select(name =>
                        lengths.TryGetValue(name, out var length)
                            ? (name, length)
                            : throw new DataException($"{path}: the archive holds no {name}.")),
            ],
            labels);
    }

    public IEnumerable<LabelledImage> Read(Selection selection)
    {
        var first = 0;
        foreach (var file in _files)
        {
            var end = Math.Min(file.Count, selection.End - first);
            if (Enumerable.Range(first, Math.Max(end, 0)).Any(selection.Contains))
            {
                foreach (var image in ReadFile(file.Path, first, end, selection))
                {
                    yield return image;
                }
            }

            first += file.Count;
        }
    }

    private IEnumerable<LabelledImage> ReadFile(string path, int first, int end, Selection selection)
    {
        using var stream = _archive is null ? DataFile.OpenRead(path) : null;
        foreach (var content in stream is null
                ? EntriesOf(_archive!)
                    .Where(entry => entry.Name == path)
                    .Select(entry => entry.Entry.DataStream!)
                    .Take(1)
                : [stream])
        {
            var record = new byte[RecordLength];
            for (var index = 0; index < end; index++)
            {
                ReadRecord(content, record, path, index);
                if (selection.Contains(first + index))
                {
                    var position = index;
                    yield return new LabelledImage(
                        $"{Path.GetFileName(path)} image {index}",
                        _labels.Check(record[0], () => $"{Describe(path)}: image {position}"),
                        PngEncoding.FromPlanes(record.AsSpan(1), Side, Side));
                }
            }
        }
    }

    private void ReadRecord(Stream content, byte[] record, string path, int index)
    {
        try
        {
            content.ReadExactly(record);
        }
        catch (Exception exception) when (exception is InvalidDataException or EndOfStreamException)
        {
            throw new DataException($"{Describe(path)}: the file is damaged or ends within image {index}.", exception);
        }
    }

    private int RecordsOf((string Path, long Length) file) =>
        file.Length % RecordLength == 0
            ? checked((int)(file.Length / RecordLength))
            : throw new DataException(
                $"{Describe(file.Path)}: its {file.Length} bytes are not a whole number of records of {RecordLength}; "
                    + "it is cut off, or is not a CIFAR-10 binary file.");

    private string Describe(string path) => _archive is null ? path : $"{_archive}: {path}";

    private static IEnumerable<(string Name, TarEntry Entry)> EntriesOf(string path)
    {
        using var unzipped = DataFile.Unzip(DataFile.OpenRead(path));
        using var archive = new TarReader(unzipped);
        while (Next(archive, path) is { } entry)
        {
            if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile)
            {
                yield return (entry.Name[(entry.Name.LastIndexOf('/') + 1)..], entry);
            }
        }
    }

    private static TarEntry? Next(TarReader archive, string path)
    {
        try
        {
            return archive.GetNextEntry();
        }
        catch (Exception exception) when (exception is InvalidDataException or EndOfStreamException or FormatException)
        {
            throw new DataException($"{path}: the archive is damaged or cut off.", exception);
        }
    }

    private static long LengthOf(string path)
    {
        using var file = DataFile.OpenRead(path);
        return file.Length;
    }

    private static string[] FilesOf(DataSplit split) => split == DataSplit.Train ? TrainFiles : TestFiles;

    private static string NameOf(DataSplit split) =>
        split == DataSplit.Train ? "CIFAR-10 training images" : "CIFAR-10 test images";
}
