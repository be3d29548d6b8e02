namespace SoftmaxService.Inference.Files;

/// <summary>
/// The cache of Hugging Face, where <c>snapshots/&lt;commit&gt;/config.json</c> is a link to <c>blobs/&lt;hash&gt;</c>
/// beside <c>snapshots</c>: https://huggingface.co/docs/huggingface_hub/guides/manage-cache.
/// </summary>
internal static class HuggingFaceCache
{
    private const string Snapshots = "snapshots";

    // A commit has 40 letters and digits.
    private const int LongestName = 256;

    /// <summary>Whether a folder belongs to a repository in the cache, and a file to the same one.</summary>
    /// <param name="folder">The folder, which may be a link.</param>
    /// <param name="real">Where the file is when all links are followed.</param>
    public static bool IsShared(string folder, string real)
    {
        for (var parent = RealPath.Of(folder); !string.IsNullOrEmpty(parent); parent = Path.GetDirectoryName(parent))
        {
            if (Path.GetFileName(parent) == Snapshots)
            {
                var repository = Path.GetDirectoryName(parent)!; // has a name, so is no root
                return RealPath.Below(Path.Combine(repository, "blobs"), real) is not null;
            }
        }

        return false;
    }

    /// <summary>Whether a folder is a whole repository, such as <c>models--owner--name</c>.</summary>
    public static bool IsRepository(string folder) =>
        Directory.Exists(Path.Combine(folder, Snapshots)) && Directory.Exists(Path.Combine(folder, "refs"));

    /// <summary>
    /// The folder of a repository's files: the commit that <c>refs/main</c> names, else the only one; null if there is
    /// none.
    /// </summary>
    public static string? SnapshotOf(string repository)
    {
        try
        {
            var head = new FileInfo(Path.Combine(repository, "refs", "main"));
            var commit = head is { Exists: true, Length: > 0 and < LongestName }
                && RealPath.Below(repository, head.FullName) is not null
                ? File.ReadAllText(head.FullName).Trim()
                : "";
            var snapshots = Path.Combine(repository, Snapshots);
            string[] folders = [.. Directory.EnumerateDirectories(snapshots)];
            return Array.Find(folders, folder => Path.GetFileName(folder) == commit)
                ?? (folders is [var only] ? only : null);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
