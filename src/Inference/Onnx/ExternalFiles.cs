using System.Text;
using SoftmaxService.Inference.Files;

namespace SoftmaxService.Inference.Onnx;

/// <summary>
/// The files beside a model that hold its weights. A copy of them hides from ONNX Runtime that a file is a link out of
/// the model's folder, which it does not follow; so such links are rejected here, unless the model is a link to the
/// same folder, or the folder belongs to a cache of Hugging Face. Files that are not regular are rejected: ONNX Runtime
/// would wait forever for what a named pipe never gives.
/// </summary>
internal static class ExternalFiles
{
    private const int MaxDepth = 5;
    private const int ChunkSize = 1 << 20;

    // The key without which no tensor names a file (https://github.com/onnx/onnx/blob/main/docs/ExternalData.md).
    private const string Key = "location";

    /// <param name="model">The ONNX file.</param>
    /// <returns>
    /// Each file's path below the model's folder, and where the file is. A file that the graph only seems to name may
    /// be among them.
    /// </returns>
    /// <exception cref="InvalidDataException">
    /// A file is a link out of the model's folder, or not a regular file.
    /// </exception>
    public static IReadOnlyDictionary<string, string> Of(string model)
    {
        // The folder may hold anything, such as all downloads of a user.
        var external = new Dictionary<string, string>(StringComparer.Ordinal);
        if (NamesFoundIn(model, [Key]).Count == 0)
        {
            return external;
        }

        var folder = Path.GetDirectoryName(Path.GetFullPath(model))!; // never null: a file has a folder
        var behind = RealPath.FoldersBehind(model);
        string[] roots = [folder, .. behind];
        foreach (var name in NamedIn(model, folder))
        {
            external.Add(name, Path.Combine(folder, name));
            RejectLinkOut(name, external[name], roots);
        }

        var stated = ExternalLocations.In(model);
        AddFilesBehind(stated, behind, external);
        foreach (var name in stated)
        {
            RejectIrregular(name, external.GetValueOrDefault(name, Path.Combine(folder, name)));
        }

        return external;
    }

    /// <summary>The fault of a file that the graph names and that is not a regular one.</summary>
    /// <param name="name">The file's path below the model's folder.</param>
    /// <param name="reason">What it is; begins with a verb.</param>
    public static InvalidDataException Irregular(string name, string reason) =>
        new($"the graph names {name} for its external data, which {reason}");

    private static void RejectIrregular(string name, string path)
    {
        if (FileStatus.Of(path) is { IsRegular: false } status)
        {
            throw Irregular(name, $"is {status.KindName}, not a regular file");
        }
    }

    private static void RejectLinkOut(string name, string path, string[] roots)
    {
        if (!IsAllowed(path, roots))
        {
            throw new InvalidDataException(
                $"the graph names {name} for its external data, which is a link out of the model's folder; a graph may "
                + "only read files that lie in its own folder, or links to such files. Put a copy there instead of the "
                + "link");
        }
    }

    private static bool IsAllowed(string path, string[] roots) => Array.Exists(
        roots,
        root => RealPath.Below(root, path) is not null || HuggingFaceCache.IsShared(root, RealPath.Of(path)));

    /// <summary>
    /// Adds the files that lie beside the file to which the model is a link. Those folders may hold anything, so only
    /// names that the graph gives as locations are looked for.
    /// </summary>
    private static void AddFilesBehind(
        IReadOnlyCollection<string> stated, IReadOnlyList<string> behind, Dictionary<string, string> external)
    {
        foreach (var name in behind.Count == 0 ? [] : stated)
        {
            if (!external.ContainsKey(name)
                && behind.FirstOrDefault(folder => File.Exists(Path.Combine(folder, name))) is { } found)
            {
                RejectLinkOut(name, Path.Combine(found, name), [found]);
                external.Add(name, Path.Combine(found, name));
            }
        }
    }

    /// <summary>
    /// The graph contains the names of the files that it needs, so a file whose name does not occur in it is not
    /// needed. An unneeded file costs a copy, no more.
    /// </summary>
    private static IEnumerable<string> NamedIn(string model, string folder)
    {
        var options = new EnumerationOptions
        {
            RecurseSubdirectories = true,
            MaxRecursionDepth = MaxDepth,
            AttributesToSkip = FileAttributes.Hidden,
        };
        string[] paths =
        [
            .. Directory.EnumerateFiles(folder, "*", options)
                .Select(path => Path.GetRelativePath(folder, path))
                .Where(path => path != Path.GetFileName(model)),
        ];
        var found = NamesFoundIn(model, paths.Select(path => Path.GetFileName(path)));
        return paths.Where(path => found.Contains(Path.GetFileName(path)));
    }

    private static HashSet<string> NamesFoundIn(string model, IEnumerable<string> names)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        var unseen = names.Distinct(StringComparer.Ordinal).ToDictionary(name => name, Encoding.UTF8.GetBytes);
        var overlap = unseen.Values.Select(name => name.Length).DefaultIfEmpty(0).Max();
        var buffer = new byte[overlap + ChunkSize];
        using var file = RegularFile.OpenRead(model);
        for (int kept = 0, read; unseen.Count > 0 && (read = file.Read(buffer, kept, ChunkSize)) > 0;)
        {
            var chunk = buffer.AsSpan(0, kept + read);
            foreach (var (name, bytes) in unseen)
            {
                if (chunk.IndexOf(bytes) >= 0)
                {
                    unseen.Remove(name);
                    found.Add(name);
                }
            }

            kept = Math.Min(overlap, chunk.Length);
            chunk[^kept..].CopyTo(buffer);
        }

        return found;
    }
}
