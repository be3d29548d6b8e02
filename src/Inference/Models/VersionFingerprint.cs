using System.Globalization;
using System.Text;
using SoftmaxService.Inference.Conventions;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Files;

namespace SoftmaxService.Inference.Models;

/// <summary>
/// What a version's files look like from outside: their names, lengths, write times and <see cref="FileIdentity"/>, and
/// where links lead. Its files are those of its folder, makers' files in the model's folder above it, and both makers'
/// files and external data beside the file to which an ONNX file is a link. If two fingerprints some time apart are
/// equal, nobody is writing.
/// </summary>
/// <param name="Text">One line per file.</param>
/// <param name="HasModel">Whether an ONNX file is there.</param>
/// <param name="Fault">Why the files cannot be read; null if they can.</param>
internal sealed record VersionFingerprint(string Text, bool HasModel, string? Fault = null)
{
    // Links may form loops. No model's weights lie deeper.
    private const int MaxDepth = 5;

    private static readonly EnumerationOptions Entries = new() { AttributesToSkip = 0, IgnoreInaccessible = false };

    // A model that is a link may lie in a folder that cannot be listed.
    private static readonly EnumerationOptions EntriesOutside = new() { AttributesToSkip = 0 };

    // Files beside a model that are not read when it is loaded.
    private static readonly string[] UnreadExtensions = [".svg", ".md"];

    /// <summary>The fingerprint of a folder that does not exist.</summary>
    public static VersionFingerprint Gone { get; } = new("", HasModel: false);

    public bool IsGone => Text.Length == 0;

    /// <summary>The fingerprint of a version.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version.</param>
    public static VersionFingerprint Of(string folder, string name, string version)
    {
        var lines = new List<string>();
        bool hasModel;
        try
        {
            var directory = new DirectoryInfo(folder);
            if (!directory.Exists)
            {
                return Gone;
            }

            lines.Add($"/|{LinkOf(directory)}");
            Describe(directory, "", MaxDepth, lines);
            string[] models = [.. lines.Where(IsModel).Select(line => Path.Combine(folder, NameIn(line)))];
            hasModel = models.Length > 0;

            // Only the manifest, which is not read here, says which of several models is served.
            foreach (
                var other in ModelFolders.Of(folder, name, version, null)
                    .Concat(models.SelectMany(path => ModelFolders.Of(folder, name, version, path)))
                    .Distinct(StringComparer.Ordinal))
            {
                DescribeMakersFiles(new DirectoryInfo(other), folder, lines);
            }

            lines.AddRange(models.SelectMany(LinkedData.Of).Select(file => Describe(file.FullName, file)));
        }
        catch (DirectoryNotFoundException)
        {
            return Gone;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new VersionFingerprint(
                $"unreadable: {exception.GetType().Name}", HasModel: false,
                $"its files cannot be read: {FileFault.Describe(exception)}");
        }

        lines.Sort(StringComparer.Ordinal);
        return new VersionFingerprint(new StringBuilder().AppendJoin('\n', lines).ToString(), hasModel);
    }

    public bool Equals(VersionFingerprint? other) => other is not null && Text == other.Text;

    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    private static void Describe(DirectoryInfo directory, string prefix, int depth, List<string> lines)
    {
        foreach (var entry in directory.EnumerateFileSystemInfos("*", Entries))
        {
            // Kubernetes keeps the targets of its links in hidden folders beside them.
            if (entry.Name.StartsWith('.')
                || UnreadExtensions.Contains(entry.Extension, StringComparer.OrdinalIgnoreCase))
            {
                continue;
            }

            var name = prefix + entry.Name;
            if (entry is DirectoryInfo below)
            {
                lines.Add($"{name}/|{LinkOf(below)}");
                if (depth > 0)
                {
                    Describe(below, name + "/", depth - 1, lines);
                }

                continue;
            }

            lines.Add(Describe(name, entry));
        }
    }

    /// <summary>Describes the files of a folder outside the version's that are read with it.</summary>
    private static void DescribeMakersFiles(DirectoryInfo directory, string folder, List<string> lines)
    {
        var inside = Path.GetFullPath(folder) + Path.DirectorySeparatorChar;
        if (!directory.Exists
            || $"{Path.GetFullPath(directory.FullName)}{Path.DirectorySeparatorChar}".StartsWith(
                inside, StringComparison.Ordinal))
        {
            return;
        }

        lines.AddRange(directory.EnumerateFiles("*", EntriesOutside)
            .Where(file => ModelConventions.MayRead(file.Name) && !file.Name.StartsWith('.'))
            .Select(file => Describe(file.FullName, file)));
    }

    private static string Describe(string name, FileSystemInfo entry)
    {
        var file = entry.LinkTarget is null ? (FileInfo)entry
            : RealPath.Of(entry.FullName) is { Length: > 0 } real ? new FileInfo(real)
            : null;
        return file is { Exists: true }
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{name}|{file.Length}|{file.LastWriteTimeUtc.Ticks}|{FileIdentity.Of(file.FullName)}|{LinkOf(entry)}")
            : $"{name}|gone";
    }

    private static bool IsModel(string line) =>
        !line.EndsWith("|gone", StringComparison.Ordinal) && ModelFiles.IsModel(Path.GetFileName(NameIn(line)));

    private static string NameIn(string line) => line[..line.IndexOf('|')];

    // Below a folder that is a link, the framework resolves a link's ".." as text, and so to another place.
    private static string LinkOf(FileSystemInfo entry) => entry.LinkTarget is null ? "" : RealPath.Of(entry.FullName);
}
