using System.Text;

namespace SoftmaxService.Cli.Imports;

/// <summary>
/// The files beside a model that hold its weights. The graph contains the names of the files that it needs, so a file
/// whose name does not occur in it is not needed. It may name only files of its own folder: a path out of it is not
/// followed, and the model then fails to load.
/// </summary>
internal static class ExternalData
{
    private const int ChunkSize = 1 << 20;
    private const int MaxDepth = 3;

    /// <param name="source">The model.</param>
    /// <returns>Each file's path below the model's folder, and where its content is.</returns>
    public static IReadOnlyList<(string Name, string Path)> NamedBy(ImportSource source)
    {
        var folder = source.Folders[0];
        var options = new EnumerationOptions
        {
            RecurseSubdirectories = true,
            MaxRecursionDepth = MaxDepth,
            AttributesToSkip = FileAttributes.Hidden,
        };
        var sidecars = source.Sidecars();
        string[] candidates =
        [
            .. Directory.EnumerateFiles(folder, "*", options)
                .Select(path => Path.GetRelativePath(folder, path))
                .Where(name => name != Path.GetFileName(source.OnnxPath) && !sidecars.ContainsKey(name)),
        ];
        return [.. NamedIn(source.OnnxPath, candidates)
            .Select(name => (name, source.Real(Path.Combine(folder, name))))];
    }

    private static string[] NamedIn(string model, string[] candidates)
    {
        if (candidates.Length == 0)
        {
            return [];
        }

        var unseen = candidates.ToDictionary(name => name, name => Encoding.UTF8.GetBytes(Path.GetFileName(name)));
        var overlap = unseen.Values.Max(name => name.Length);
        var buffer = new byte[overlap + ChunkSize];
        using var file = File.OpenRead(model);
        for (int kept = 0, read; (read = file.Read(buffer, kept, ChunkSize)) > 0;)
        {
            var chunk = buffer.AsSpan(0, kept + read);
            foreach (var (name, bytes) in unseen)
            {
                if (chunk.IndexOf(bytes) >= 0)
                {
                    unseen.Remove(name);
                }
            }

            kept = Math.Min(overlap, chunk.Length);
            chunk[^kept..].CopyTo(buffer);
        }

        return [.. candidates.Where(name => !unseen.ContainsKey(name))];
    }
}
