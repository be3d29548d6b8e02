using System.Text.Json;
using System.Text.Unicode;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Files;

namespace SoftmaxService.Inference.Models;

/// <summary>The files in a version's folder, as they are read when it is loaded.</summary>
/// <param name="folder">The folder that holds the ONNX file and perhaps <c>model.json</c>.</param>
/// <param name="onnxFileName">The ONNX file's path in that folder; null to find it.</param>
internal sealed class ModelFiles(string folder, string? onnxFileName)
{
    // The labels of 100,000 classes are far smaller.
    private const int LargestManifest = 16 << 20;

    private static ReadOnlySpan<byte> PointerStart => "version https://git-lfs"u8;

    // An error lists no more of several files.
    private const int ListedFiles = 5;

    // In this order: a file in ONNX Runtime's own format was made from one in ONNX.
    private static readonly string[] Extensions = [".onnx", ".ort"];

    /// <summary>The path of the ONNX file in the folder; the usual one until it was found.</summary>
    public string OnnxFileName { get; private set; } = onnxFileName ?? ClassifierModel.OnnxFileName;

    /// <summary>
    /// The files of which one is the model: <c>model.onnx</c>, else all ONNX files of the folder; else the same in its
    /// subfolder <c>onnx</c>; else those in ONNX Runtime's own format.
    /// </summary>
    public static IReadOnlyList<string> CandidatesIn(string folder)
    {
        (string Prefix, string[] Names)[] places =
        [
            ("", NamesIn(folder)),
            ($"{ModelFolders.OnnxFolder}/", NamesIn(Path.Combine(folder, ModelFolders.OnnxFolder))),
        ];
        foreach (var extension in Extensions)
        {
            foreach (var (prefix, names) in places)
            {
                string[] found = [.. names.Where(name => HasExtension(name, extension)).Select(name => prefix + name)];
                if (found.Length > 0)
                {
                    var usual = prefix + ClassifierModel.OnnxFileName;
                    return found.Contains(usual) ? [usual] : found;
                }
            }
        }

        return [];
    }

    /// <summary>Whether a file of this name may be a model.</summary>
    public static bool IsModel(string name) => Array.Exists(Extensions, extension => HasExtension(name, extension));

    /// <summary>
    /// The path in the folder of the file that is served: the one that the manifest names, or the only candidate; null
    /// where there is none.
    /// </summary>
    public static string? Find(string folder)
    {
        try
        {
            if (new ModelFiles(folder, null).ReadManifest().File is { } stated)
            {
                return Rejection(folder, stated) is null && File.Exists(Path.Combine(folder, stated)) ? stated : null;
            }
        }
        catch (Exception exception) when (exception is JsonException or ModelLoadException)
        {
            // Loading the folder gives the reason.
        }

        return CandidatesIn(folder) is [var only] ? only : null;
    }

    /// <summary>The path of the ONNX file.</summary>
    /// <exception cref="ModelLoadException">There is no such file, or it cannot be a model.</exception>
    public string FindModel(ModelManifest manifest)
    {
        if (onnxFileName is null)
        {
            OnnxFileName = manifest.File is { } stated
                ? Rejection(folder, stated) is { } reason ? throw new ModelLoadException(reason) : stated
                : OnlyCandidate();
        }

        var path = Path.Combine(folder, OnnxFileName);
        if (!Path.Exists(path))
        {
            var source = manifest.File == OnnxFileName ? $", which {ModelManifest.FileName} names" : "";
            throw new ModelLoadException($"the folder holds no {OnnxFileName}{source}");
        }

        Span<byte> start = stackalloc byte[PointerStart.Length];
        var read = ReadStart(path, start);
        if (read == 0)
        {
            throw new ModelLoadException($"{OnnxFileName} is empty");
        }

        return start[..read].SequenceEqual(PointerStart)
            ? throw new ModelLoadException(
                $"{OnnxFileName} is a pointer of Git LFS and not the model; fetch it with git lfs pull")
            : path;
    }

    /// <summary>Reads <c>model.json</c>; empty where there is none.</summary>
    /// <exception cref="ModelLoadException">
    /// It is empty, too large, not UTF-8 or not a regular file.
    /// </exception>
    /// <exception cref="System.Text.Json.JsonException">It is not a manifest.</exception>
    public ModelManifest ReadManifest()
    {
        var path = Path.Combine(folder, ModelManifest.FileName);
        if (!Path.Exists(path))
        {
            return ModelManifest.Empty;
        }

        var bytes = ReadSmall(path);
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

    private static byte[] ReadSmall(string path)
    {
        try
        {
            return RegularFile.ReadAllBytes(path, LargestManifest);
        }
        catch (InvalidDataException fault)
        {
            throw new ModelLoadException($"{ModelManifest.FileName} {fault.Message}", fault);
        }
    }

    private int ReadStart(string path, Span<byte> start)
    {
        try
        {
            using var file = RegularFile.OpenRead(path);
            return file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        }
        catch (InvalidDataException fault)
        {
            throw new ModelLoadException($"{OnnxFileName} {fault.Message}", fault);
        }
    }

    private string OnlyCandidate() => CandidatesIn(folder) switch
    {
        [var only] => only,
        [] => OnnxFileName,
        var several => throw new ModelLoadException(
            $"the folder holds no {OnnxFileName}, but {several.Count} other models: {List(several)}; say which one to "
            + $"serve in {ModelManifest.FileName}, as in \"file\": \"{Quoting.Shorten(several[0])}\""),
    };

    /// <summary>Why a path must not be read; null if it may be.</summary>
    private static string? Rejection(string folder, string stated)
    {
        var root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)) + Path.DirectorySeparatorChar;
        var isInside = !stated.Contains('\0', StringComparison.Ordinal)
            && !stated.Split('/', '\\').Contains("..")
            && Path.GetFullPath(Path.Combine(root, stated)).StartsWith(root, StringComparison.Ordinal);
        return isInside && IsModel(Path.GetFileName(stated))
            ? null
            : $"file is '{Quoting.Shorten(stated)}' in {ModelManifest.FileName}; it must be the path of an ONNX file "
                + "in the version's folder, such as onnx/model.onnx";
    }

    private static string[] NamesIn(string folder) => Directory.Exists(folder)
        ?
        [
            .. Directory.EnumerateFiles(folder).Select(Path.GetFileName).OfType<string>().Where(IsModel)
                .Order(StringComparer.Ordinal),
        ]
        : [];

    private static bool HasExtension(string name, string extension) =>
        !name.StartsWith('.') && name.EndsWith(extension, StringComparison.OrdinalIgnoreCase);

    private static string NameOfEncoding(ReadOnlySpan<byte> bytes) =>
        bytes.StartsWith<byte>([0xFF, 0xFE, 0, 0]) ? " but UTF-32"
        : bytes.StartsWith<byte>([0xFF, 0xFE]) || bytes.StartsWith<byte>([0xFE, 0xFF]) ? " but UTF-16"
        : "";

    private static string List(IReadOnlyList<string> names)
    {
        var listed = names.Take(ListedFiles).Select(name => Quoting.Shorten(name));
        return string.Join(", ", listed) + (names.Count > ListedFiles ? ", …" : "");
    }
}
