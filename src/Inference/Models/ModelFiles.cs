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

    private readonly string _onnxPath = Path.Combine(folder, onnxFileName);

    /// <summary>The path of the ONNX file.</summary>
    /// <exception cref="ModelLoadException">There is no such file, or it cannot be a model.</exception>
    public string FindModel()
    {
        var file = new FileInfo(_onnxPath);
        if (!file.Exists)
        {
            throw NoModel();
        }

        // A pipe or a device has no length either, and opening one may block forever.
        var target = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
        if (target.Exists && target.Length == 0)
        {
            throw new ModelLoadException($"{onnxFileName} is empty, or no regular file");
        }

        if ((!target.Exists || target.Length < LargestPointer)
            && File.ReadAllBytes(_onnxPath).AsSpan().StartsWith("version https://git-lfs"u8))
        {
            throw new ModelLoadException(
                $"{onnxFileName} is a pointer of Git LFS and not the model; fetch it with git lfs pull");
        }

        return _onnxPath;
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

    /// <summary>Says what the folder holds instead of a model, and what would be right.</summary>
    private ModelLoadException NoModel()
    {
        string[] others = Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder).Select(Path.GetFileName).OfType<string>()]
            : [];
        Array.Sort(others, StringComparer.Ordinal);
        var advice = WithExtension(".onnx") is { } onnx
            ? $"; it has {Quoting.Shorten(onnx)}: give that the name {onnxFileName}"
            : WithExtension(".ort") is { } ort
            ? $"; it has {Quoting.Shorten(ort)}, in ONNX Runtime's own format, which is not read: put the ONNX file "
                + "there that it was made from"
            : "";
        return new ModelLoadException($"the folder holds no {onnxFileName}{advice}");

        string? WithExtension(string extension) =>
            Array.Find(others, name => name.EndsWith(extension, StringComparison.OrdinalIgnoreCase));
    }
}
