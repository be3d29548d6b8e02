namespace SoftmaxService.Inference.Onnx;

/// <summary>Where a path leads once every link in it is followed, also those among its folders.</summary>
internal static class RealPath
{
    private const int MostLinks = 40; // as many as Linux follows before it calls them a circle

    /// <summary>Where a path leads, if that is below where the folder leads; else null. Nothing need be there, and links in a circle lead nowhere.</summary>
    public static string? Below(string folder, string path)
    {
        var real = Of(path);
        return real.StartsWith(Path.TrimEndingDirectorySeparator(Of(folder)) + Path.DirectorySeparatorChar, StringComparison.Ordinal) ? real : null;
    }

    private static string Of(string path)
    {
        var rest = new Stack<string>();
        Push(rest, Path.GetFullPath(path), out var real);
        for (var links = 0; rest.TryPop(out var name);)
        {
            real = name == ".." ? Path.GetDirectoryName(real) ?? real : Path.Combine(real, name);
            if (new FileInfo(real).LinkTarget is not { } target)
                continue;
            if (++links > MostLinks)
                return "";
            var from = Path.GetDirectoryName(real)!; // a root is no link
            Push(rest, target, out var root);
            real = root.Length > 0 ? root : from;
        }

        return real;
    }

    /// <summary>Puts a path's parts on the stack, the first on top. They are not tidied: behind a link <c>..</c> leads elsewhere than it seems to.</summary>
    private static void Push(Stack<string> rest, string path, out string root)
    {
        root = Path.GetPathRoot(path) ?? "";
        foreach (var part in path[root.Length..].Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries).Reverse())
        {
            if (part != ".")
                rest.Push(part);
        }
    }
}
