using System.Text.Unicode;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Models;

/// <summary>The files in a version's folder, as they are read when it is loaded.</summary>
/// <param name="folder">The folder that holds the ONNX file and perhaps <c>model.json</c>.</param>
/// <param name="onnxFileName">The ONNX file's name in that folder.</param>
internal sealed class ModelFiles(string folder, string onnxFileName)
{
    // A pointer of Git LFS is a few lines of text.
    private const int LargestPointer = 1024;

    // An error lists no more of several files.
    private const int ListedFiles = 5;

    // In this order: a file in ONNX Runtime's own format was made from one in ONNX.
    private static readonly string[] Extensions = [".onnx", ".ort"];

    /// <summary>The name of the ONNX file; the usual one until it was found.</summary>
    public string OnnxFileName { get; private set; } = onnxFileName;

    /// <summary>
    /// The files of which one is the model: <c>model.onnx</c>, else all ONNX files, else those in ONNX Runtime's own
    /// format.
    /// </summary>
    public static IReadOnlyList<string> CandidatesIn(string folder)
    {
        if (File.Exists(Path.Combine(folder, ClassifierModel.OnnxFileName)))
        {
            return [ClassifierModel.OnnxFileName];
        }

        if (!Directory.Exists(folder))
        {
            return [];
        }

        string[] names = [.. Directory.EnumerateFiles(folder).Select(Path.GetFileName).OfType<string>()];
        return Extensions.Select(extension => names.Where(name => IsModel(name, extension)).ToArray())
            .FirstOrDefault(found => found.Length > 0) ?? [];

        static bool IsModel(string name, string extension) =>
            !name.StartsWith('.') && name.EndsWith(extension, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The path of the ONNX file.</summary>
    /// <exception cref="ModelLoadException">There is no such file, or it cannot be a model.</exception>
    public string FindModel()
    {
        if (OnnxFileName == ClassifierModel.OnnxFileName)
        {
            OnnxFileName = CandidatesIn(folder) switch
            {
                [var only] => only,
                [] => OnnxFileName,
                var several => throw new ModelLoadException(
                    $"the folder holds no {OnnxFileName}, but {several.Count} other models: {List(several)}; give the "
                    + $"one to serve the name {OnnxFileName}, or a folder of its own"),
            };
        }

        var path = Path.Combine(folder, OnnxFileName);
        var file = new FileInfo(path);
        if (!file.Exists)
        {
            throw new ModelLoadException($"the folder holds no {OnnxFileName}");
        }

        // A pipe or a device has no length either, and opening one may block forever.
        var target = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
        if (target.Exists && target.Length == 0)
        {
            throw new ModelLoadException($"{OnnxFileName} is empty, or no regular file");
        }

        if ((!target.Exists || target.Length < LargestPointer)
            && File.ReadAllBytes(path).AsSpan().StartsWith("version https://git-lfs"u8))
        {
            throw new ModelLoadException(
                $"{OnnxFileName} is a pointer of Git LFS and not the model; fetch it with git lfs pull");
        }

        return path;
    }

    /// <summary>Reads <c>model.json</c>; empty where there is none.</summary>
    /// <exception cref="ModelLoadException">It is empty or not UTF-8.</exception>
    /// <exception cref="System.Text.Json.JsonException">It is not a manifest.</exception>
    public ModelManifest ReadManifest()
    {
        var path = Path.Combine(folder, ModelManifest.FileName);
        if (!File.Exists(path))
        {
            return ModelManifest.Empty;
        }

        var bytes = File.ReadAllBytes(path);
        if (!Utf8.IsValid(bytes))
        {
            throw new ModelLoadException(
                $"{ModelManifest.FileName} is not UTF-8{NameOfEncoding(bytes)}; save it as UTF-8");
        }

        // A byte-order mark is not content.
        return bytes.AsSpan().Trim("\uFEFF \t\r\n"u8).IsEmpty
            ? throw new ModelLoadException($"{ModelManifest.FileName} is empty; delete it, or write {{}}")
            : ModelManifest.Parse(bytes);
    }

    /// <summary>A message without the folder's path, which is not the client's business.</summary>
    public string WithoutFolder(string message) => message
        .Replace(Path.GetFullPath(folder) + Path.DirectorySeparatorChar, "", StringComparison.Ordinal)
        .Replace(folder + Path.DirectorySeparatorChar, "", StringComparison.Ordinal);

    private static string NameOfEncoding(ReadOnlySpan<byte> bytes) =>
        bytes.StartsWith<byte>([0xFF, 0xFE, 0, 0]) ? " but UTF-32"
        : bytes.StartsWith<byte>([0xFF, 0xFE]) || bytes.StartsWith<byte>([0xFE, 0xFF]) ? " but UTF-16"
        : "";

    private static string List(IReadOnlyList<string> names)
    {
        var listed = names.Order(StringComparer.Ordinal).Take(ListedFiles).Select(name => Quoting.Shorten(name));
        return string.Join(", ", listed) + (names.Count > ListedFiles ? ", …" : "");
    }
}
