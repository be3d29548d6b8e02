using SoftmaxService.Cli.Data;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Cli.Imports;

/// <summary>A model as its maker left it: a file, a folder, or a folder with the model in <c>onnx</c>.</summary>
/// <param name="OnnxPath">The ONNX file.</param>
/// <param name="Folders">Where its sidecars may be: its own folder first, then the one above.</param>
/// <param name="Name">What the model may be called.</param>
internal sealed record ImportSource(string OnnxPath, IReadOnlyList<string> Folders, string Name)
{
    // Hugging Face keeps config.json above onnx/model.onnx.
    private const string OnnxFolder = "onnx";

    // The settings and labels of a model; its card, its code and its weights in other formats stay behind.
    private static readonly string[] SidecarEndings = [".json", ".txt", ".yml", ".yaml", ".pbtxt", ".manifest"];
    private const string MlflowName = "MLmodel";
    private const int LargestSidecar = 16 << 20;

    /// <exception cref="DataException">There is no model, or it is not clear which.</exception>
    public static ImportSource Find(string source)
    {
        if (File.Exists(source))
        {
            return IsModel(source)
                ? Of(Path.GetFullPath(source))
                : throw new DataException($"{source}: the file is no model; a model's name ends in .onnx or .ort.");
        }

        if (!Directory.Exists(source))
        {
            throw new DataException($"{source}: there is no such file or folder.");
        }

        var folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(source));
        foreach (var place in new[] { folder, Path.Combine(folder, OnnxFolder) })
        {
            if (ModelsIn(place) is { Length: > 0 } found)
            {
                return Of(Only(found, source));
            }
        }

        throw new DataException(
            $"{source}: there is no .onnx file in the folder, nor in its subfolder {OnnxFolder}.");
    }

    /// <summary>
    /// The settings and labels beside the model; where two have one name, the model's own folder wins.
    /// </summary>
    /// <exception cref="DataException">A link leads out of the folders.</exception>
    public IReadOnlyDictionary<string, string> Sidecars()
    {
        var found = new Dictionary<string, string>();
        foreach (var path in Folders.SelectMany(folder => Directory.EnumerateFiles(folder)))
        {
            var name = Path.GetFileName(path);
            var isSidecar = name == MlflowName
                || Array.Exists(SidecarEndings, ending => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase));
            if (isSidecar && !name.StartsWith('.') && new FileInfo(Real(path)).Length is > 0 and <= LargestSidecar)
            {
                found.TryAdd(name, Real(path));
            }
        }

        return found;
    }

    /// <summary>
    /// The file that a path leads to. A link is followed within the source's folder, and into the blobs of the cache of
    /// Hugging Face that it is a snapshot of: https://huggingface.co/docs/huggingface_hub/guides/manage-cache.
    /// </summary>
    /// <exception cref="DataException">It leads elsewhere.</exception>
    public string Real(string path)
    {
        var target = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(path);
        return Allowed().Any(folder => IsBelow(folder, target))
            ? target
            : throw new DataException(
                $"{path}: it is a link that leads out of the model's folder; put the file itself there.");
    }

    private static bool IsBelow(string folder, string path) =>
        Path.GetFullPath(path).StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    private IEnumerable<string> Allowed()
    {
        foreach (var folder in Folders)
        {
            yield return folder;
            if (Directory.ResolveLinkTarget(folder, returnFinalTarget: true) is { } real)
            {
                yield return real.FullName;
            }
        }

        for (var parent = Folders[0]; !string.IsNullOrEmpty(parent); parent = Path.GetDirectoryName(parent))
        {
            if (Path.GetFileName(parent) == "snapshots")
            {
                yield return Path.Combine(Path.GetDirectoryName(parent)!, "blobs"); // it has a name, so it is no root
            }
        }
    }

    private static ImportSource Of(string onnx)
    {
        var folder = Path.GetDirectoryName(onnx)!; // a file has a folder
        string[] folders = Path.GetFileName(folder) == OnnxFolder && Path.GetDirectoryName(folder) is { } above
            ? [folder, above]
            : [folder];
        var file = Path.GetFileNameWithoutExtension(onnx);
        return new ImportSource(onnx, folders, file == "model" ? Path.GetFileName(folders[^1]) : file);
    }

    private static string Only(string[] found, string source) => found switch
    {
        [var only] => only,
        _ => found.FirstOrDefault(path => Path.GetFileName(path) == ClassifierModel.OnnxFileName)
            ?? throw new DataException(
                $"{source}: there are {found.Length} models: "
                    + $"{string.Join(", ", found.Select(Path.GetFileName).Order(StringComparer.Ordinal).Take(5))}; "
                    + "give one of the files."),
    };

    private static string[] ModelsIn(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return [];
        }

        string[] models = [.. Directory.EnumerateFiles(folder).Where(IsModel)];
        string[] onnx = [.. models.Where(path => path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase))];
        return onnx.Length > 0 ? onnx : models;
    }

    private static bool IsModel(string path) => !Path.GetFileName(path).StartsWith('.')
        && (path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase)
            || path.EndsWith(".ort", StringComparison.OrdinalIgnoreCase));
}
