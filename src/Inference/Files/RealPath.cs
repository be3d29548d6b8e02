namespace SoftmaxService.Inference.Files;

/// <summary>Where a path leads when all links in it are followed, including those among its folders.</summary>
internal static class RealPath
{
    private const int MaxLinks = 40; // as many as Linux follows before it reports a loop

    /// <summary>
    /// Where a path leads, if that is below where the folder leads; otherwise null. Nothing needs to exist there, and
    /// links in a loop lead nowhere.
    /// </summary>
    public static string? Below(string folder, string path)
    {
        var real = Of(path);
        return real.StartsWith(
            Path.TrimEndingDirectorySeparator(Of(folder)) + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? real
            : null;
    }

    /// <summary>
    /// The folders that a file which is a link leads through, the last of which holds the file itself; empty for any
    /// other file.
    /// </summary>
    public static IReadOnlyList<string> FoldersBehind(string path)
    {
        List<string> folders = [];
        var file = Path.GetFullPath(path);
        while (folders.Count < MaxLinks && new FileInfo(file).LinkTarget is { } target)
        {
            var from = Of(Path.GetDirectoryName(file)!); // never null: a root is not a link
            var next = Path.Combine(from, target);
            var folder = Of(Path.GetDirectoryName(next) ?? from);
            folders.Add(folder);
            file = Path.Combine(folder, Path.GetFileName(next));
        }

        return folders;
    }

    /// <summary>Where a path leads; empty if its links form a loop.</summary>
    public static string Of(string path)
    {
        var rest = new Stack<string>();
        Push(rest, Path.GetFullPath(path), out var real);
        for (var links = 0; rest.TryPop(out var name);)
        {
            real = name == ".." ? Path.GetDirectoryName(real) ?? real : Path.Combine(real, name);
            if (new FileInfo(real).LinkTarget is not { } target)
            {
                continue;
            }

            if (++links > MaxLinks)
            {
                return "";
            }

            var from = Path.GetDirectoryName(real)!; // never null: a root is not a link
            Push(rest, target, out var root);
            real = root.Length > 0 ? root : from;
        }

        return real;
    }

    /// <summary>
    /// Puts a path's parts on the stack, the first on top, without normalizing them: after a link, <c>..</c> leads
    /// elsewhere than it seems.
    /// </summary>
    private static void Push(Stack<string> rest, string path, out string root)
    {
        root = Path.GetPathRoot(path) ?? "";
        foreach (
            var part in path[root.Length..].Split(
                [Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar],
                StringSplitOptions.RemoveEmptyEntries).Reverse())
        {
            if (part != ".")
            {
                rest.Push(part);
            }
        }
    }
}
