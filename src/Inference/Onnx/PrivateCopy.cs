using System.Text;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Files;

namespace SoftmaxService.Inference.Onnx;

/// <summary>
/// A private copy of a model with external data, for the time of loading. On Unix, ONNX Runtime maps such files and
/// reads them as long as the session lives: rewriting them in place would change a model that serves, and truncating
/// them would end the process. A mapping outlives the file's name, so the copy is deleted as soon as the session
/// exists. Windows itself prevents writes to a mapped file. A copy would also hide from ONNX Runtime that a file is a
/// link out of the model's folder, which it does not follow; so such links are rejected here, unless the model is a
/// link to the same folder, or the folder belongs to a cache of Hugging Face. Files that are not regular are rejected:
/// ONNX Runtime would wait for ever for what a named pipe never gives.
/// </summary>
internal sealed class PrivateCopy : IDisposable
{
    private const int MaxDepth = 5;
    private const int ChunkSize = 1 << 20;

    // A larger model is not copied just to append to it.
    private const long LargestAppended = 1L << 28;

    private readonly string _source;
    private string? _folder;

    /// <exception cref="InvalidDataException">
    /// There is no space for a copy, or a file that the graph names is a link out of the model's folder or not a
    /// regular file.
    /// </exception>
    public PrivateCopy(string model)
    {
        ModelPath = model;
        Length = LengthOf(model);
        _source = Path.GetDirectoryName(Path.GetFullPath(model))!; // never null: a file has a folder
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var behind = RealPath.FoldersBehind(model);
        var external = FilesNamedIn(model, _source).ToDictionary(name => name, name => Path.Combine(_source, name));
        string[] roots = [_source, .. behind];
        foreach (var (name, path) in external)
        {
            RejectLinkOut(name, path, roots);
        }

        var stated = ExternalLocations.In(model);
        AddFilesBehind(stated, behind, external);
        foreach (var name in stated)
        {
            RejectIrregular(name, external.GetValueOrDefault(name, Path.Combine(_source, name)));
        }

        Length += external.Values.Sum(LengthOf);
        if (external.Count == 0)
        {
            return;
        }

        try
        {
            _folder = Directory.CreateTempSubdirectory("softmax-model-").FullName;
            foreach (var (name, path) in external.Append(new(Path.GetFileName(model), model)))
            {
                var target = Path.Combine(_folder, name);
                Directory.CreateDirectory(Path.GetDirectoryName(target)!); // never a root: it is below the folder
                CopyData(name, path, target);
            }
        }
        catch (InvalidDataException)
        {
            Dispose();
            throw;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Dispose();
            throw new InvalidDataException(
                $"its external data cannot be copied to {Path.GetTempPath()}, where it must be kept from changing: "
                + $"{FileFault.Describe(exception)}",
                exception);
        }

        ModelPath = Path.Combine(_folder, Path.GetFileName(model));
    }

    public string ModelPath { get; private set; }

    /// <summary>How many bytes the model and its external data have.</summary>
    public long Length { get; }

    public string InTermsOfTheOriginal(string message) =>
        _folder is null ? message : message.Replace(_folder, _source, StringComparison.Ordinal);

    /// <summary>
    /// Appends to a copy of the model, which is made if there is none. Does nothing for a large model that was not
    /// copied.
    /// </summary>
    /// <exception cref="InvalidDataException">There is no space for a copy.</exception>
    public void Append(ReadOnlySpan<byte> appendix)
    {
        if (appendix.IsEmpty || (_folder is null && new FileInfo(ModelPath).Length > LargestAppended))
        {
            return;
        }

        try
        {
            if (_folder is null)
            {
                _folder = Directory.CreateTempSubdirectory("softmax-model-").FullName;
                var copy = Path.Combine(_folder, Path.GetFileName(ModelPath));
                RegularFile.Copy(ModelPath, copy);
                ModelPath = copy;
            }

            using var file = new FileStream(ModelPath, FileMode.Append, FileAccess.Write);
            file.Write(appendix);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException(
                $"a copy of it cannot be written to {Path.GetTempPath()}: {FileFault.Describe(exception)}", exception);
        }
    }

    public void Dispose()
    {
        if (_folder is not null)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private static long LengthOf(string path) =>
        RealPath.Of(path) is { Length: > 0 } real && new FileInfo(real) is { Exists: true } file ? file.Length : 0;

    private static void RejectIrregular(string name, string path)
    {
        if (FileStatus.Of(path) is { IsRegular: false } status)
        {
            throw Irregular(name, $"is {status.KindName}, not a regular file");
        }
    }

    private static void CopyData(string name, string path, string target)
    {
        try
        {
            RegularFile.Copy(path, target);
        }
        catch (InvalidDataException fault)
        {
            throw Irregular(name, fault.Message); // it was one a moment ago
        }
    }

    private static InvalidDataException Irregular(string name, string reason) =>
        new($"the graph names {name} for its external data, which {reason}");

    private static void RejectLinkOut(string name, string path, string[] roots)
    {
        if (!IsAllowed(path, roots))
        {
            throw new InvalidDataException(
                $"the graph names {name} for its external data, which is a link out of the model's folder; a graph may "
                + "only read files that lie in its own folder, or links to such files. Put a copy there instead of the "
                + "link");
        }
    }

    /// <summary>
    /// Adds the files that lie beside the file to which the model is a link. Those folders may hold anything, so only
    /// names that the graph gives as locations are looked for.
    /// </summary>
    private static void AddFilesBehind(
        IReadOnlyCollection<string> stated, IReadOnlyList<string> behind, Dictionary<string, string> external)
    {
        foreach (var name in behind.Count == 0 ? [] : stated)
        {
            if (!external.ContainsKey(name)
                && behind.FirstOrDefault(folder => File.Exists(Path.Combine(folder, name))) is { } found)
            {
                RejectLinkOut(name, Path.Combine(found, name), [found]);
                external.Add(name, Path.Combine(found, name));
            }
        }
    }

    private static bool IsAllowed(string path, string[] roots) => Array.Exists(
        roots,
        root => RealPath.Below(root, path) is not null || HuggingFaceCache.IsShared(root, RealPath.Of(path)));

    /// <summary>
    /// The graph contains the names of the files that it needs, so a file whose name does not occur in it is not
    /// needed. An unneeded file costs a copy, no more.
    /// </summary>
    private static List<string> FilesNamedIn(string model, string folder)
    {
        var options =
            new EnumerationOptions
            {
                RecurseSubdirectories =
                true,
                MaxRecursionDepth = MaxDepth,
                AttributesToSkip = FileAttributes.Hidden
            };
        var names = Directory.EnumerateFiles(folder, "*", options).Select(path =>
            Path.GetRelativePath(folder, path)).Where(name => name != Path.GetFileName(model)).ToList();
        if (names.Count == 0)
        {
            return names;
        }

        var unseen = names.ToDictionary(name => name, name => Encoding.UTF8.GetBytes(Path.GetFileName(name)));
        var overlap = unseen.Values.Max(name => name.Length);
        var buffer = new byte[overlap + ChunkSize];
        using var file = RegularFile.OpenRead(model);
        for (int kept = 0, read; (read = file.Read(buffer, kept, ChunkSize)) > 0;)
        {
            var chunk = buffer.AsSpan(0, kept + read);
            foreach (var (name, bytes) in unseen)
            {
                if (chunk.IndexOf(bytes) >= 0)
                {
                    unseen.Remove(name);
                }
            }

            kept = Math.Min(overlap, chunk.Length);
            chunk[^kept..].CopyTo(buffer);
        }

        return [.. names.Where(name => !unseen.ContainsKey(name))];
    }
}
