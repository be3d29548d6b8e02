using System.Collections.Frozen;
using System.Globalization;

namespace SoftmaxService.Inference.Models;

/// <summary>A folder that could not be served, and why.</summary>
/// <param name="Name">The model's name.</param>
/// <param name="Version">The version's folder name.</param>
/// <param name="Reason">What is wrong with it.</param>
public sealed record ModelLoadFailure(string Name, string Version, string Reason);

/// <summary>
/// The models below one folder: <c>&lt;folder&gt;/&lt;name&gt;/&lt;version&gt;/model.onnx</c>, with or without a <c>model.json</c> beside it.
/// Each is loaded and warmed up before any request; one that cannot be loaded is reported and does not keep the rest from serving.
/// </summary>
public sealed class ModelRepository : IDisposable
{
    private readonly FrozenDictionary<string, ClassifierModel[]> _versionsByName;

    private ModelRepository(string folder, IEnumerable<ClassifierModel> models, IReadOnlyList<ModelLoadFailure> failures, string? defaultModel)
    {
        Folder = folder;
        Failures = failures;
        _versionsByName = models.GroupBy(model => model.Name).ToFrozenDictionary(
            versions => versions.Key,
            versions => versions.OrderBy(model => int.Parse(model.Version, CultureInfo.InvariantCulture)).ToArray(),
            StringComparer.Ordinal);
        Models = [.. _versionsByName.OrderBy(entry => entry.Key, StringComparer.Ordinal).SelectMany(entry => entry.Value)];
        DefaultModel = defaultModel ?? (Models.Count > 0 ? Models[0].Name : null);
    }

    /// <summary>The folder that was read.</summary>
    public string Folder { get; }

    /// <summary>Every version that is served, by name and then from the lowest version to the highest.</summary>
    public IReadOnlyList<ClassifierModel> Models { get; }

    /// <summary>Every folder that was found and could not be served.</summary>
    public IReadOnlyList<ModelLoadFailure> Failures { get; }

    /// <summary>The model that answers when a request names none; null when nothing is served.</summary>
    public string? DefaultModel { get; }

    /// <summary>Loads all that is below a folder.</summary>
    /// <param name="folder">The repository's folder; one that does not exist holds no models.</param>
    /// <param name="settings">What holds for every model.</param>
    /// <param name="defaultModel">The model that answers when a request names none; the first by name when null.</param>
    public static ModelRepository Load(string folder, ModelSettings settings, string? defaultModel = null)
    {
        var models = new List<ClassifierModel>();
        var failures = new List<ModelLoadFailure>();
        foreach (var (name, version, path) in FindVersions(folder))
        {
            try
            {
                models.Add(IsVersion(version)
                    ? ClassifierModel.Load(path, name, version, settings)
                    : throw new ModelLoadException("a version's folder is named with a positive whole number without leading zeros, such as 1"));
            }
            catch (ModelLoadException exception)
            {
                failures.Add(new ModelLoadFailure(name, version, exception.Message));
            }
        }

        return new ModelRepository(folder, models, failures, defaultModel);
    }

    /// <summary>Finds the model that a request asks for.</summary>
    /// <param name="name">A model's name; null for <see cref="DefaultModel"/>.</param>
    /// <param name="version">A version; null for the highest.</param>
    /// <exception cref="InferenceException">There is no such model or version; the message lists what there is.</exception>
    public ClassifierModel Find(string? name, string? version)
    {
        var versions = VersionsOf(name ?? DefaultModel);
        return version is null
            ? versions[^1]
            : versions.FirstOrDefault(model => model.Version == version) ?? throw new InferenceException(
                InferenceError.VersionNotFound,
                $"Model '{versions[0].Name}' has no version '{version}'. It has: {string.Join(", ", versions.Select(model => model.Version))}.");
    }

    /// <summary>All versions of a model, from the lowest to the highest.</summary>
    /// <param name="name">A model's name.</param>
    /// <exception cref="InferenceException">There is no such model; the message lists what there is.</exception>
    public IReadOnlyList<ClassifierModel> VersionsOf(string? name) =>
        name is not null && _versionsByName.TryGetValue(name, out var versions)
            ? versions
            : throw new InferenceException(InferenceError.ModelNotFound, (name, Models.Count) switch
            {
                (_, 0) => "No model is loaded.",
                _ => $"There is no model '{name}'. The models are: {string.Join(", ", _versionsByName.Keys.Order(StringComparer.Ordinal))}.",
            });

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var model in Models)
        {
            model.Dispose();
        }
    }

    private static IEnumerable<(string Name, string Version, string Path)> FindVersions(string folder) =>
        from model in Subfolders(folder)
        from version in Subfolders(model)
        select (Path.GetFileName(model), Path.GetFileName(version), version);

    private static IEnumerable<string> Subfolders(string folder) =>
        Directory.Exists(folder)
            ? Directory.EnumerateDirectories(folder).Where(path => !Path.GetFileName(path).StartsWith('.')).Order(StringComparer.Ordinal)
            : [];

    private static bool IsVersion(string name) =>
        name is [>= '1' and <= '9', ..] && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _);
}
