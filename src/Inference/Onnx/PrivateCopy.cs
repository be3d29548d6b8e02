using System.Text;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Onnx;

/// <summary>
/// A model with external data, copied aside while it is loaded. On Unix ONNX Runtime maps such files and goes on reading them for as long as
/// the session lives: rewritten in place they would change a model that serves, and truncated they would end the process. What is mapped
/// outlives its name, so the copy is deleted as soon as the session is made. Windows itself refuses to write to a file that is mapped.
/// A copy would turn a link into a plain file, and ONNX Runtime, which follows none out of the model's folder, could not see it any more: such
/// links are refused here.
/// </summary>
internal sealed class PrivateCopy : IDisposable
{
    private const int MaxDepth = 5;
    private const int ChunkSize = 1 << 20;

    private readonly string _source;
    private readonly string? _folder;

    /// <exception cref="InvalidDataException">There is no room for a copy, or a file that the graph names is a link out of the model's folder.</exception>
    public PrivateCopy(string model)
    {
        ModelPath = model;
        _source = Path.GetDirectoryName(Path.GetFullPath(model))!; // a file has a folder
        var external = OperatingSystem.IsWindows() ? [] : FilesNamedIn(model, _source);
        if (external.Count == 0)
            return;

        RefuseLinksOut(external);
        try
        {
            _folder = Directory.CreateTempSubdirectory("softmax-model-").FullName;
            foreach (var name in external.Append(Path.GetFileName(model)))
            {
                var target = Path.Combine(_folder, name);
                Directory.CreateDirectory(Path.GetDirectoryName(target)!); // it is below the folder
                File.Copy(Path.Combine(_source, name), target);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Dispose();
            throw new InvalidDataException($"its external data cannot be copied to {Path.GetTempPath()}, where it must be kept from changing: {FileFault.Describe(exception)}", exception);
        }

        ModelPath = Path.Combine(_folder, Path.GetFileName(model));
    }

    public string ModelPath { get; }

    public string InTermsOfTheOriginal(string message) => _folder is null ? message : message.Replace(_folder, _source, StringComparison.Ordinal);

    public void Dispose()
    {
        if (_folder is not null)
            Directory.Delete(_folder, recursive: true);
    }

    private void RefuseLinksOut(List<string> external)
    {
        if (external.Find(name => RealPath.Below(_source, Path.Combine(_source, name)) is null) is { } name)
        {
            throw new InvalidDataException(
                $"the graph names {name} for its external data, which is a link out of the model's folder; a graph may only read files that lie in its own folder, or links to such files. Put a copy there instead of the link");
        }
    }

    /// <summary>The graph spells the files that it needs, so a file whose name does not occur in it is none. One too many costs a copy, no more.</summary>
    private static List<string> FilesNamedIn(string model, string folder)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = MaxDepth, AttributesToSkip = FileAttributes.Hidden };
        var names = Directory.EnumerateFiles(folder, "*", options).Select(path => Path.GetRelativePath(folder, path)).Where(name => name != Path.GetFileName(model)).ToList();
        if (names.Count == 0)
            return names;

        var unseen = names.ToDictionary(name => name, name => Encoding.UTF8.GetBytes(Path.GetFileName(name)));
        var overlap = unseen.Values.Max(name => name.Length);
        var buffer = new byte[overlap + ChunkSize];
        using var file = File.OpenRead(model);
        for (int kept = 0, read; (read = file.Read(buffer, kept, ChunkSize)) > 0;)
        {
            var chunk = buffer.AsSpan(0, kept + read);
            foreach (var (name, bytes) in unseen)
            {
                if (chunk.IndexOf(bytes) >= 0)
                    unseen.Remove(name);
            }

            kept = Math.Min(overlap, chunk.Length);
            chunk[^kept..].CopyTo(buffer);
        }

        return [.. names.Where(name => !unseen.ContainsKey(name))];
    }
}
