using System.Collections.ObjectModel;
using System.IO.Compression;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Arrays;

/// <summary>
/// Reads and writes NumPy's <c>.npz</c> files: zip archives of <c>.npy</c> files, stored or deflated, as
/// <c>numpy.savez</c> and <c>savez_compressed</c> write them.
/// </summary>
public static class NpzFormat
{
    /// <summary>The most arrays of an archive.</summary>
    public const int MaxArrays = 1000;

    private const string Extension = ".npy";

    // Of the file inside; the elements are limited separately.
    private const int MaxHeader = 1 << 14;

    // 1980, the beginning of the calendar of zip archives: the same arrays give the same file.
    private static readonly DateTimeOffset Time = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>
    /// Reads all arrays of an archive, in its order. What an entry declares is checked before it is read.
    /// </summary>
    /// <param name="stream">The archive; it must be seekable.</param>
    /// <param name="maxBytes">The most bytes of elements of all arrays together.</param>
    /// <returns>The arrays by their names, without <c>.npy</c>.</returns>
    /// <exception cref="InvalidDataException">
    /// It is not a zip archive or is damaged, an entry is not an array of numbers, a name occurs twice, or there is too
    /// much in it. The message names the entry.
    /// </exception>
    public static IReadOnlyList<KeyValuePair<string, NumpyArray>> Read(
        Stream stream, int maxBytes = NpyFormat.DefaultMaxBytes)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentOutOfRangeException.ThrowIfNegative(maxBytes);
        using var archive = Open(stream);
        var arrays = new List<KeyValuePair<string, NumpyArray>>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in EntriesOf(archive))
        {
            var name = NameOf(entry);
            if (!names.Add(name))
            {
                throw Fault(entry, "is there twice; each array needs a name of its own");
            }

            var array = Read(entry, maxBytes);
            maxBytes -= array.Bytes.Length;
            arrays.Add(new(name, array));
        }

        return arrays;
    }

    /// <summary>Writes an archive whose arrays are stored, not compressed.</summary>
    /// <param name="stream">Receives the archive.</param>
    /// <param name="arrays">The arrays by their names, without <c>.npy</c>; each name once.</param>
    public static void Write(Stream stream, IEnumerable<KeyValuePair<string, NumpyArray>> arrays)
    {
        ArgumentNullException.ThrowIfNull(arrays);
        using var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
        foreach (var (name, array) in arrays)
        {
            var entry = archive.CreateEntry(name + Extension, CompressionLevel.NoCompression);
            entry.LastWriteTime = Time;
            using var file = entry.Open();
            file.Write(NpyFormat.Write(array));
        }
    }

    private static ZipArchive Open(Stream stream)
    {
        try
        {
            return new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true);
        }
        catch (Exception fault) when (IsDamage(fault))
        {
            throw new InvalidDataException(
                "it is not a zip archive, or is damaged; save the arrays with numpy.savez", fault);
        }
    }

    private static ReadOnlyCollection<ZipArchiveEntry> EntriesOf(ZipArchive archive)
    {
        try
        {
            return archive.Entries.Count switch
            {
                0 => throw new InvalidDataException("the archive holds no arrays; save some with numpy.savez"),
                > MaxArrays => throw new InvalidDataException(
                    $"the archive holds {archive.Entries.Count} files; at most {MaxArrays} are read"),
                _ => archive.Entries,
            };
        }
        catch (Exception fault) when (fault is not InvalidDataException && IsDamage(fault))
        {
            throw new InvalidDataException("the archive's list of files is damaged", fault);
        }
    }

    private static string NameOf(ZipArchiveEntry entry) =>
        entry.FullName.EndsWith(Extension, StringComparison.Ordinal)
            ? entry.FullName[..^Extension.Length]
            : throw Fault(entry, "is not a .npy file; a .npz archive holds nothing else");

    private static NumpyArray Read(ZipArchiveEntry entry, int maxBytes)
    {
        try
        {
            if (entry.IsEncrypted)
            {
                throw new InvalidDataException("it is encrypted");
            }

            if (entry.Length > (long)maxBytes + MaxHeader)
            {
                throw new InvalidDataException(
                    $"it has {entry.Length} bytes; at most {maxBytes} bytes of elements are left to be read");
            }

            using var content = new ChecksumStream(entry.Open());
            var array = NpyFormat.Read(content, entry.Length, maxBytes);
            return content.Checksum == entry.Crc32
                ? array
                : throw new InvalidDataException("its checksum is wrong: the archive is damaged");
        }
        catch (Exception fault) when (IsDamage(fault))
        {
            var reason = fault is InvalidDataException ? fault.Message : "it is damaged";
            throw new InvalidDataException($"'{Quoting.Shorten(entry.FullName)}': {reason}", fault);
        }
    }

    // What System.IO.Compression throws for damaged archives, besides its InvalidDataException.
    private static bool IsDamage(Exception fault) => fault
        is InvalidDataException or IOException or NotSupportedException or ArgumentException or OverflowException;

    private static InvalidDataException Fault(ZipArchiveEntry entry, string reason) =>
        new($"'{Quoting.Shorten(entry.FullName)}' {reason}");
}
