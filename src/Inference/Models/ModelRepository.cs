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

    private ModelRepository(string folder, IEnumerable<ClassifierModel> models, List<ModelLoadFailure> failures, string? defaultModel, string? preferredModel)
    {
        Folder = folder;
        _versionsByName = models.GroupBy(model => model.Name).ToFrozenDictionary(
            versions => versions.Key,
            versions => versions.OrderBy(model => int.Parse(model.Version, CultureInfo.InvariantCulture)).ToArray(),
            StringComparer.Ordinal);
        Models = [.. _versionsByName.OrderBy(entry => entry.Key, StringComparer.Ordinal).SelectMany(entry => entry.Value)];
        DefaultModel = defaultModel ?? Models.FirstOrDefault(model => model.Name == preferredModel)?.Name ?? (Models.Count > 0 ? Models[0].Name : null);
        if (defaultModel is not null && !_versionsByName.ContainsKey(defaultModel))
        {
            failures.Add(new ModelLoadFailure(defaultModel, "", "it is set to be the default model, but it is not served"));
        }

        Failures = failures;
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
    /// <param name="defaultModel">The model that answers when a request names none; null to choose it among those that are served.</param>
    /// <param name="preferredModel">The model to choose as default where it is served; else the first by name is.</param>
    public static ModelRepository Load(string folder, ModelSettings settings, string? defaultModel = null, string? preferredModel = null)
    {
        var models = new List<ClassifierModel>();
        var failures = new List<ModelLoadFailure>();
        foreach (var model in ReadSubfolders(folder, name: "", failures))
        {
            LoadVersions(model, settings, models, failures);
        }

        return new ModelRepository(folder, models, failures, defaultModel, preferredModel);
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
                $"Model '{versions[0].Name}' has no version '{Quoting.Shorten(version)}'. It has: {string.Join(", ", versions.Select(model => model.Version))}.");
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
                _ => $"There is no model '{Quoting.Shorten(name ?? "")}'. The models are: {string.Join(", ", _versionsByName.Keys.Order(StringComparer.Ordinal))}.",
            });

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var model in Models)
        {
            model.Dispose();
        }
    }

    private static void LoadVersions(string model, ModelSettings settings, List<ClassifierModel> models, List<ModelLoadFailure> failures)
    {
        var name = Path.GetFileName(model);
        var failuresBefore = failures.Count;
        var versions = ReadSubfolders(model, name, failures);
        if (versions.Length == 0 && failures.Count == failuresBefore)
        {
            failures.Add(new ModelLoadFailure(name, "", $"it has no version; a model belongs into {name}/1/{ClassifierModel.OnnxFileName}"));
        }

        foreach (var folder in versions)
        {
            LoadVersion(folder, name, Path.GetFileName(folder), settings, models, failures);
        }
    }

    private static void LoadVersion(string folder, string name, string version, ModelSettings settings, List<ClassifierModel> models, List<ModelLoadFailure> failures)
    {
        try
        {
            models.Add(IsVersion(version)
                ? ClassifierModel.Load(folder, name, version, settings)
                : throw new ModelLoadException("a version's folder is named with a positive whole number without leading zeros, such as 1"));
        }
        catch (ModelLoadException exception)
        {
            failures.Add(new ModelLoadFailure(name, version, exception.Message));
        }
    }

    private static string[] ReadSubfolders(string folder, string name, List<ModelLoadFailure> failures)
    {
        try
        {
            return Directory.Exists(folder)
                ? [.. Directory.EnumerateDirectories(folder).Where(path => !Path.GetFileName(path).StartsWith('.')).Order(StringComparer.Ordinal)]
                : [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            failures.Add(new ModelLoadFailure(name, "", "the folder cannot be read"));
            return [];
        }
    }

    private static bool IsVersion(string name) =>
        name is [>= '1' and <= '9', ..] && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _);
}
