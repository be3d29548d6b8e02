using System.Globalization;
using System.Text;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Models;

/// <summary>
/// What a version's files look like from outside: their names, lengths, write times and <see cref="FileIdentity"/>, and
/// where links lead. If two fingerprints some time apart are equal, nobody is writing.
/// </summary>
/// <param name="Text">One line per file.</param>
/// <param name="HasModel">Whether <c>model.onnx</c>, or another model, is there.</param>
/// <param name="Fault">Why the files cannot be read; null if they can.</param>
internal sealed record VersionFingerprint(string Text, bool HasModel, string? Fault = null)
{
    // Links may form loops. No model's weights lie deeper.
    private const int MaxDepth = 5;

    private static readonly EnumerationOptions Entries = new() { AttributesToSkip = 0, IgnoreInaccessible = false };

    // Files beside a model that are not read when it is loaded.
    private static readonly string[] UnreadExtensions = [".svg", ".md"];

    /// <summary>The fingerprint of a folder that does not exist.</summary>
    public static VersionFingerprint Gone { get; } = new("", HasModel: false);

    public bool IsGone => Text.Length == 0;

    public static VersionFingerprint Of(string folder)
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
            hasModel = ModelFiles.CandidatesIn(folder).Count > 0;
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

            var file = entry.LinkTarget is null
                ? (FileInfo)entry
                : entry.ResolveLinkTarget(returnFinalTarget: true) as FileInfo;
            lines.Add(file is { Exists: true }
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"{name}|{file.Length}|{file.LastWriteTimeUtc.Ticks}|{FileIdentity.Of(file.FullName)}|"
                    + $"{LinkOf(entry)}")
                : $"{name}|gone");
        }
    }

    private static string LinkOf(FileSystemInfo entry) =>
        entry.LinkTarget is null ? "" : entry.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? entry.LinkTarget;
}
