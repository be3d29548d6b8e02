using SoftmaxService.Inference.Files;

namespace SoftmaxService.Inference.Models;

/// <summary>The folders that may hold makers' files about a model.</summary>
internal static class ModelFolders
{
    /// <summary>
    /// Where Hugging Face's repositories keep ONNX files, below their other files
    /// (https://huggingface.co/docs/transformers.js/custom_usage).
    /// </summary>
    public const string OnnxFolder = "onnx";

    /// <summary>
    /// The ONNX file's folder, the version's, in a repository the model's folder above it, and where the ONNX file is a
    /// link, the folders behind it. The first that has a file wins.
    /// </summary>
    /// <param name="folder">The version's folder.</param>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version.</param>
    /// <param name="onnxPath">The ONNX file; null if it is not known.</param>
    public static IReadOnlyList<string> Of(string folder, string name, string version, string? onnxPath)
    {
        List<string> folders = [];
        if (Path.GetDirectoryName(onnxPath) is { } beside)
        {
            folders.Add(beside);
            AddAbove(beside, folder, folders);
        }

        folders.Add(folder);
        if (FolderOfModel(folder, name, version) is { } above)
        {
            folders.Add(above);
        }

        foreach (var behind in onnxPath is null ? [] : RealPath.FoldersBehind(onnxPath))
        {
            folders.Add(behind);
            if (Path.GetFileName(behind) == OnnxFolder && Path.GetDirectoryName(behind) is { } aboveIt)
            {
                folders.Add(aboveIt);
            }
        }

        return [.. folders.Distinct(StringComparer.Ordinal)];
    }

    /// <summary>
    /// Adds the folder above one that is called <c>onnx</c>, if it lies in the version's folder or if a link leads to
    /// it. Another folder of that name is a model's or a version's, and what is above it belongs to all models.
    /// </summary>
    private static void AddAbove(string beside, string folder, List<string> folders)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(beside));
        var version = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)) + Path.DirectorySeparatorChar;
        string[] places =
        [
            full.StartsWith(version, StringComparison.Ordinal) ? full : "",
            new DirectoryInfo(full).LinkTarget is null ? "" : RealPath.Of(full),
        ];
        folders.AddRange(places
            .Where(place => Path.GetFileName(place) == OnnxFolder)
            .Select(Path.GetDirectoryName)
            .OfType<string>());
    }

    /// <summary>The model's folder above that of a version; null where the folders have other names.</summary>
    private static string? FolderOfModel(string folder, string name, string version)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        return Path.GetFileName(full) == version
            && Path.GetDirectoryName(full) is { } above
            && Path.GetFileName(above) == name
                ? above
                : null;
    }
}
