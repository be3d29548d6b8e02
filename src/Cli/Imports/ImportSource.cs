using System.Globalization;
using SoftmaxService.Cli.Data;
using SoftmaxService.Inference.Conventions;
using SoftmaxService.Inference.Files;
using SoftmaxService.Inference.Models;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Cli.Imports;

/// <summary>A model as its maker left it: a file, or a folder as the service reads it.</summary>
/// <param name="OnnxPath">The ONNX file.</param>
/// <param name="Folders">Where its sidecars may be, its own folder first: those that the service reads.</param>
/// <param name="Name">What the model may be called.</param>
internal sealed record ImportSource(string OnnxPath, IReadOnlyList<string> Folders, string Name)
{
    private const int LargestSidecar = 16 << 20;

    // Of the folders of Hugging Face's cache: models--<owner>--<name>/snapshots/<commit>.
    private const string Snapshots = "snapshots";
    private const string CacheSeparator = "--";

    /// <exception cref="DataException">There is no model, or it is not clear which.</exception>
    public static ImportSource Find(string source)
    {
        if (File.Exists(source))
        {
            return ModelFiles.IsModel(Path.GetFileName(source))
                ? Of(Path.GetFullPath(source), FolderOf(Path.GetFullPath(source)))
                : throw new DataException($"{source}: the file is no model; a model's name ends in .onnx or .ort.");
        }

        if (!Directory.Exists(source))
        {
            throw new DataException($"{source}: there is no such file or folder.");
        }

        var folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(source));
        folder = HuggingFaceCache.IsRepository(folder)
            ? HuggingFaceCache.SnapshotOf(folder) ?? throw new DataException(
                $"{source}: it is a repository in the cache of Hugging Face, but its refs/main names no snapshot that "
                + "is there; give one of the folders in its folder snapshots.")
            : folder;
        return ClassifierModel.FindOnnxFile(folder) is { } model
            ? Of(Path.GetFullPath(Path.Combine(folder, model)), folder)
            : throw new DataException(ModelFiles.CandidatesIn(folder) is { Count: > 1 } several
                ? $"{source}: there are {several.Count} models: {string.Join(", ", several.Take(5))}"
                    + $"{(several.Count > 5 ? ", …" : "")}; give one of the files."
                : $"{source}: there is no .onnx file in the folder, nor in its subfolder {ModelFolders.OnnxFolder}.");
    }

    /// <summary>
    /// The files that may be settings and labels of the model, by their names; where two have one name, the model's own
    /// folder wins. Its card, its code and its weights in other formats are not among them.
    /// </summary>
    public IReadOnlyDictionary<string, string> Sidecars()
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var path in Folders.SelectMany(Directory.EnumerateFiles))
        {
            var name = Path.GetFileName(path);
            if (ModelConventions.MayRead(name) && !name.StartsWith('.') && IsRead(path))
            {
                found.TryAdd(name, path);
            }
        }

        return found;
    }

    /// <summary>
    /// Whether the service reads a file: a link is followed within the source's folders, and into the cache of Hugging
    /// Face that one of them belongs to.
    /// </summary>
    public bool Follows(string path) => Folders.Any(folder =>
        RealPath.Below(folder, path) is not null || HuggingFaceCache.IsShared(folder, RealPath.Of(path)));

    /// <summary>The model's external data: each file's path below the model's folder, and where it is.</summary>
    /// <exception cref="DataException">A file is a link out of the folder.</exception>
    public IReadOnlyDictionary<string, string> ExternalData()
    {
        try
        {
            return ExternalFiles.Of(OnnxPath);
        }
        catch (InvalidDataException exception)
        {
            throw new DataException($"{OnnxPath}: {exception.Message}.", exception);
        }
    }

    private static ImportSource Of(string onnx, string folder)
    {
        // A version's folder has the model's above it.
        var (version, model) = (Path.GetFileName(folder), Path.GetFileName(Path.GetDirectoryName(folder)) ?? "");
        var isVersion = int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out _)
            && model.Length > 0;
        var folders = ModelFolders.Of(folder, isVersion ? model : "", version, onnx);
        var file = Path.GetFileNameWithoutExtension(onnx);
        return new ImportSource(onnx, folders, file != "model" ? file : isVersion ? model : NameOf(folder));
    }

    // Hugging Face keeps config.json above onnx/model.onnx.
    private static string FolderOf(string onnx)
    {
        var folder = Path.GetDirectoryName(onnx)!; // a file has a folder
        return Path.GetFileName(folder) == ModelFolders.OnnxFolder ? Path.GetDirectoryName(folder) ?? folder : folder;
    }

    private static string NameOf(string folder)
    {
        var above = Path.GetDirectoryName(folder);
        return Path.GetFileName(above) == Snapshots && Path.GetFileName(Path.GetDirectoryName(above)) is { } repository
            ? repository.Split(CacheSeparator)[^1]
            : Path.GetFileName(folder);
    }

    // Not what is empty, or no regular file, or a link to nothing.
    private static bool IsRead(string path) =>
        File.Exists(path) && new FileInfo(RealPath.Of(path)) is { Exists: true, Length: > 0 and <= LargestSidecar };
}
