namespace SoftmaxService.Inference.Files;

/// <summary>
/// The cache of Hugging Face, where <c>snapshots/&lt;commit&gt;/config.json</c> is a link to <c>blobs/&lt;hash&gt;</c>
/// beside <c>snapshots</c>: https://huggingface.co/docs/huggingface_hub/guides/manage-cache.
/// </summary>
internal static class HuggingFaceCache
{
    /// <summary>Whether a folder belongs to a repository in the cache, and a file to the same one.</summary>
    /// <param name="folder">The folder, which may be a link.</param>
    /// <param name="real">Where the file is when all links are followed.</param>
    public static bool IsShared(string folder, string real)
    {
        for (var parent = RealPath.Of(folder); !string.IsNullOrEmpty(parent); parent = Path.GetDirectoryName(parent))
        {
            if (Path.GetFileName(parent) == "snapshots")
            {
                var repository = Path.GetDirectoryName(parent)!; // has a name, so is no root
                return RealPath.Below(Path.Combine(repository, "blobs"), real) is not null;
            }
        }

        return false;
    }
}
