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
    private readonly string _hidden;
    private readonly string _target;

    private StagedVersion(string hidden, string folder, string target) =>
        (_hidden, Folder, _target) = (hidden, folder, target);

    /// <summary>Where its files are now. The last two names are those of the model and the version.</summary>
    public string Folder { get; }

    public ModelLocation Location => ModelLocation.Find(Folder);

    /// <summary>Copies the model, the data that it names and the sidecars.</summary>
    /// <param name="source">The model.</param>
    /// <param name="models">The folder of models.</param>
    /// <param name="name">The model's new name.</param>
    /// <param name="version">The new version; null for the next.</param>
    /// <exception cref="DataException">There is such a version already, or a link leads out.</exception>
    public static StagedVersion Copy(ImportSource source, string models, string name, int? version)
    {
        var parent = Path.Combine(models, name);
        var number = version ?? NextIn(parent);
        var target = Path.Combine(parent, $"{number}");
        if (Path.Exists(target))
        {
            throw new DataException($"{target}: there is such a version already; it is never overwritten. Say another "
                + "--version.");
        }

        var hidden = Path.Combine(models, $".import-{Guid.NewGuid():N}");
        var staged = new StagedVersion(hidden, Path.Combine(hidden, name, $"{number}"), target);
        try
        {
            Directory.CreateDirectory(staged.Folder);
            var extension = Path.GetExtension(source.OnnxPath).ToLowerInvariant();
            File.Copy(source.Real(source.OnnxPath), Path.Combine(staged.Folder, $"model{extension}"));
            foreach (var data in ExternalData.NamedBy(source))
            {
                var copy = Path.Combine(staged.Folder, data.Name);
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!); // it is below the folder
                File.Copy(data.Path, copy);
            }

            foreach (var (file, path) in source.Sidecars())
            {
                File.Copy(path, Path.Combine(staged.Folder, file), overwrite: false);
            }

            return staged;
        }
        catch
        {
            staged.Dispose();
            throw;
        }
    }

    /// <summary>Deletes the sidecars that nothing was taken from.</summary>
    public void DeleteUnused(IReadOnlyDictionary<string, string> sources, IEnumerable<string> sidecars)
    {
        foreach (var sidecar in sidecars.Where(sidecar => sidecar != ModelManifest.FileName
            && !sources.Values.Any(source => source.Contains(sidecar, StringComparison.Ordinal))))
        {
            File.Delete(Path.Combine(Folder, sidecar));
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

        Directory.Move(Folder, _target);
        return _target;
    }

    public void Dispose()
    {
        if (Directory.Exists(_hidden))
        {
            Directory.Delete(_hidden, recursive: true);
        }
    }

    private static int NextIn(string folder) => !Directory.Exists(folder)
        ? 1
        : 1 + Directory.EnumerateDirectories(folder)
            .Select(path => int.TryParse(Path.GetFileName(path), out var number) ? number : 0)
            .DefaultIfEmpty(0)
            .Max();
}
