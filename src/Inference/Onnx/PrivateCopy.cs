using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Files;

namespace SoftmaxService.Inference.Onnx;

/// <summary>
/// A private copy of a model with external data, for the time of loading. On Unix, ONNX Runtime maps such files and
/// reads them as long as the session lives: rewriting them in place would change a model that serves, and truncating
/// them would end the process. A mapping outlives the file's name, so the copy is deleted as soon as the session
/// exists. Windows itself prevents writes to a mapped file.
/// </summary>
internal sealed class PrivateCopy : IDisposable
{
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

        var external = ExternalFiles.Of(model);
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

    private static void CopyData(string name, string path, string target)
    {
        try
        {
            RegularFile.Copy(path, target);
        }
        catch (InvalidDataException fault)
        {
            throw ExternalFiles.Irregular(name, fault.Message); // it was one a moment ago
        }
    }
}
