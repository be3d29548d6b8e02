using SoftmaxService.Cli.Data;
using SoftmaxService.Cli.Models;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Cli.Imports;

/// <summary>
/// A version in the making, in a hidden folder beside the models: a service that follows the folder passes it over. It
/// becomes visible at once, by a rename, or is deleted.
/// </summary>
internal sealed class StagedVersion : IDisposable
{
    private const int CopyBuffer = 1 << 20;

    private readonly ImportSource _source;
    private readonly string _hidden;
    private readonly string _folder;
    private readonly string _target;
    private readonly string _onnxFileName;
    private readonly List<string> _made;

    private StagedVersion(ImportSource source, string hidden, string target)
    {
        (_source, _hidden, _target) = (source, hidden, target);
        _made = MissingOf(Path.GetDirectoryName(hidden)!); // it is below the folder of models
        (Name, Version) = (Path.GetFileName(Path.GetDirectoryName(target)!), Path.GetFileName(target));
        _folder = Path.Combine(hidden, Name, Version); // whose last names are those of the model and the version
        _onnxFileName = "model" + Path.GetExtension(source.OnnxPath).ToLowerInvariant();
    }

    public string Name { get; }

    public string Version { get; }

    /// <summary>Copies the model, the data that it names and the sidecars.</summary>
    /// <param name="source">The model.</param>
    /// <param name="models">The folder of models.</param>
    /// <param name="name">The model's new name.</param>
    /// <param name="version">The new version; null for the next.</param>
    /// <param name="cancellationToken">Ends the copying.</param>
    /// <exception cref="DataException">
    /// There is such a version already, or the folder is a model itself, or the model's data is a link, or ONNX Runtime
    /// crashes on the model.
    /// </exception>
    public static async Task<StagedVersion> CopyAsync(
        ImportSource source, string models, string name, int? version, CancellationToken cancellationToken)
    {
        if (File.Exists(models))
        {
            throw new DataException($"{models}: it is a file; --models is the folder of models.");
        }

        var parent = Path.Combine(models, name);
        RejectModelWithoutVersions(parent, source);
        var target = Path.Combine(parent, $"{version ?? NextIn(parent)}");
        if (Path.Exists(target))
        {
            throw new DataException($"{target}: there is such a version already; it is never overwritten. Say another "
                + "--version.");
        }

        var staged = new StagedVersion(source, Path.Combine(models, $".import-{Guid.NewGuid():N}"), target);
        try
        {
            await staged.CopyAsync(cancellationToken);
            return await ModelTrial.FindFaultAsync(staged._folder, staged._onnxFileName, cancellationToken) is { } fault
                ? throw new DataException($"{source.OnnxPath}: {fault}.")
                : staged;
        }
        catch
        {
            staged.Dispose();
            throw;
        }
    }

    /// <param name="input">What is stated about the input in place of the manifest; null for nothing.</param>
    /// <exception cref="DataException">The model cannot be served; the message says why.</exception>
    public ClassifierModel Load(ManifestInput? input = null)
    {
        try
        {
            return ClassifierModel.Load(_folder, Name, Version, new ModelSettings { Input = input }, _onnxFileName);
        }
        catch (ModelLoadException exception)
        {
            throw new DataException($"{_source.OnnxPath}: {InTermsOfTheSource(exception.Message)}", exception);
        }
    }

    /// <summary>Writes the manifest, in place of the maker's if there is one.</summary>
    public void WriteManifest(byte[] manifest)
    {
        var path = Path.Combine(_folder, ModelManifest.FileName);
        File.Delete(path); // it may be a link, or a copy of a read-only file
        File.WriteAllBytes(path, manifest);
    }

    /// <summary>
    /// Deletes the sidecars that nothing was taken from and of which no warning speaks, and the links that were not
    /// followed. Labels that the manifest does not state may be in a file that another one names.
    /// </summary>
    public void DeleteUnused(ClassifierModel model, IEnumerable<string> sidecars)
    {
        var hasDoubtedLabels = model.DoubtedFields.Contains("labels");
        string[] texts = [.. model.Sources.Values, .. model.Warnings];
        foreach (var sidecar in sidecars.Where(sidecar => sidecar != ModelManifest.FileName))
        {
            var path = Path.Combine(_folder, sidecar);
            if (new FileInfo(path).LinkTarget is not null
                || (!hasDoubtedLabels && !texts.Any(text => text.Contains(sidecar, StringComparison.Ordinal))))
            {
                File.Delete(path);
            }
        }
    }

    /// <summary>Makes the version visible under its own name.</summary>
    /// <exception cref="DataException">Someone else has made such a version meanwhile.</exception>
    public string Publish()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_target)!); // it has a parent
        if (Path.Exists(_target))
        {
            throw new DataException($"{_target}: there is such a version now; it is never overwritten.");
        }

        Directory.Move(_folder, _target);
        return _target;
    }

    public void Dispose()
    {
        if (Directory.Exists(_hidden))
        {
            Directory.Delete(_hidden, recursive: true);
        }

        // A folder of models that was made for nothing.
        foreach (var folder in _made.Where(Directory.Exists))
        {
            if (Directory.EnumerateFileSystemEntries(folder).Any())
            {
                break;
            }

            Directory.Delete(folder);
        }
    }

    /// <summary>The folders of a path that are not there, the lowest first.</summary>
    private static List<string> MissingOf(string folder)
    {
        List<string> missing = [];
        for (var one = Path.GetFullPath(folder); one is not null && !Path.Exists(one); one = Path.GetDirectoryName(one))
        {
            missing.Add(one);
        }

        return missing;
    }

    private async Task CopyAsync(CancellationToken cancellationToken)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_hidden)!); // so that a fault names no hidden folder
            Directory.CreateDirectory(_folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DataException(
                $"{Path.GetDirectoryName(_hidden)}: no version can be made there: {exception.Message}", exception);
        }

        await CopyAsync(_source.OnnxPath, _onnxFileName, cancellationToken);
        var sidecars = _source.Sidecars();
        foreach (var (name, path) in _source.ExternalData().Where(data => !sidecars.ContainsKey(data.Key)))
        {
            await CopyAsync(path, name, cancellationToken);
        }

        foreach (var (name, path) in sidecars)
        {
            if (_source.Follows(path))
            {
                await CopyAsync(path, name, cancellationToken);
            }
            else
            {
                // Loading the model says so, if it would have been read.
                File.CreateSymbolicLink(Path.Combine(_folder, name), Path.GetFullPath(path));
            }
        }
    }

    // The copy is gone when the message is read.
    private string InTermsOfTheSource(string message)
    {
        var folder = _source.Folders[0];
        var own = $"{_onnxFileName}: ";
        return (message.StartsWith(own, StringComparison.Ordinal) ? message[own.Length..] : message)
            .Replace(Path.GetFullPath(_folder), folder, StringComparison.Ordinal)
            .Replace(_folder, folder, StringComparison.Ordinal);
    }

    // File.Copy cannot be stopped, and would copy that a file is read-only.
    private async Task CopyAsync(string from, string name, CancellationToken cancellationToken)
    {
        var target = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!); // it is below the folder
        await using var source = DataFile.OpenRead(from);
        await using var copy = new FileStream(target, FileMode.CreateNew, FileAccess.Write);
        await source.CopyToAsync(copy, CopyBuffer, cancellationToken);
    }

    // Beside a version, the model in the folder itself would no longer be served.
    private static void RejectModelWithoutVersions(string folder, ImportSource source)
    {
        if (Directory.Exists(folder)
            && ModelFiles.CandidatesIn(folder).Count > 0
            && NextIn(folder) == 1
            && !source.Folders.Contains(Path.GetFullPath(folder)))
        {
            throw new DataException(
                $"{folder}: the folder is a model itself, without folders of versions, and would no longer be served "
                    + "beside a version. Choose another name with --as.");
        }
    }

    private static int NextIn(string folder) => !Directory.Exists(folder)
        ? 1
        : Directory.EnumerateDirectories(folder)
            .Select(path => int.TryParse(Path.GetFileName(path), out var number) ? number : 0)
            .DefaultIfEmpty(0)
            .Max() is < int.MaxValue and var last
            ? last + 1
            : throw new DataException($"{folder}: there is no version above {int.MaxValue}; say another --version.");
}
