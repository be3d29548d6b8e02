using SoftmaxService.Cli.Data;
using SoftmaxService.Inference.Files;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Cli.Models;

/// <summary>
/// Where a model's files are: MODEL on the command line is a version's folder, or an ONNX file in one.
/// </summary>
/// <param name="Folder">The folder that holds the files.</param>
/// <param name="OnnxFileName">The ONNX file in it.</param>
/// <param name="IsVersionFolder">Whether the service would find the model here.</param>
internal sealed record ModelLocation(string Folder, string OnnxFileName, bool IsVersionFolder)
{
    public string OnnxPath => Path.Combine(Folder, OnnxFileName);

    public string ManifestPath => Path.Combine(Folder, ModelManifest.FileName);

    /// <summary>The model's name and version, as the folders say.</summary>
    public string Version => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(Folder)));

    public string Name =>
        Path.GetFileName(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(Folder))))
            is { Length: > 0 } name
            ? name
            : Version;

    /// <summary>What people call it: <c>mnist/1</c>, or the file where it has a name of its own.</summary>
    public string FullName => IsVersionFolder ? $"{Name}/{Version}" : OnnxFileName;

    /// <exception cref="DataException">There is no such model.</exception>
    public static ModelLocation Find(string path)
    {
        if (Directory.Exists(path))
        {
            return ClassifierModel.FindOnnxFile(path) is { } name
                ? new ModelLocation(path, name, IsVersionFolder: true)
                : throw new DataException(HuggingFaceCache.IsRepository(path)
                    ? $"{path}: it is a repository in the cache of Hugging Face; MODEL is a folder in it, "
                        + $"{HuggingFaceCache.SnapshotOf(path) ?? "snapshots/<commit>"}."
                    : $"{path}: the folder holds no {ClassifierModel.OnnxFileName}; MODEL is a version's folder, such "
                        + "as models/mnist/1, or an ONNX file.");
        }

        return File.Exists(path)
            ? new ModelLocation(
                Path.GetDirectoryName(path) is { Length: > 0 } folder ? folder : ".",
                Path.GetFileName(path),
                IsVersionFolder: Path.GetFileName(path) == ClassifierModel.OnnxFileName)
            : throw new DataException(
                $"{path}: there is no such model; MODEL is a version's folder, such as models/mnist/1, or an ONNX file."
            );
    }

    /// <param name="input">What is stated about the input in place of the manifest; null for nothing.</param>
    /// <exception cref="DataException">The model cannot be served; the message says why.</exception>
    public ClassifierModel Load(ManifestInput? input = null)
    {
        try
        {
            return ClassifierModel.Load(Folder, Name, Version, new ModelSettings { Input = input }, OnnxFileName);
        }
        catch (ModelLoadException exception)
        {
            throw new DataException($"{OnnxPath}: {exception.Message}", exception);
        }
    }
}
