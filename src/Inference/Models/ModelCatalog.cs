using System.Collections.Frozen;
using System.Globalization;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Models;

/// <summary>
/// What a repository serves at one moment. Immutable: the repository replaces it as a whole, so everything that is read
/// from one catalogue is consistent. Its models may be described at any time, but run only under a lease:
/// <see cref="ModelRepository.Acquire"/>.
/// </summary>
public sealed class ModelCatalog
{
    private readonly FrozenDictionary<string, LoadedVersion[]> _loadedByName;
    private readonly FrozenDictionary<string, ClassifierModel[]> _versionsByName;

    /// <param name="loaded">The versions that are served.</param>
    /// <param name="loading">The versions that are not served yet.</param>
    /// <param name="failures">What cannot be served.</param>
    /// <param name="settings">Which model is the default.</param>
    /// <param name="isStarting">Whether everything is being loaded for the first time.</param>
    internal ModelCatalog(
        IEnumerable<LoadedVersion> loaded, IEnumerable<ModelIdentity> loading, IEnumerable<ModelLoadFailure> failures,
        RepositorySettings settings, bool isStarting)
    {
        Loading = [.. loading];
        IsStarting = isStarting;
        _loadedByName = loaded.GroupBy(version => version.Model.Name).ToFrozenDictionary(
            versions => versions.Key,
            versions => versions.OrderBy(NumberOf).ToArray(),
            StringComparer.Ordinal);
        _versionsByName = _loadedByName.ToFrozenDictionary(
            entry => entry.Key,
            entry => Array.ConvertAll(entry.Value, version => version.Model),
            StringComparer.Ordinal);
        var byName = _versionsByName.OrderBy(entry => entry.Key, StringComparer.Ordinal);
        Models = [.. byName.SelectMany(entry => entry.Value)];

        // The default must not depend on which model is loaded first. Later, a model that is new becomes the default
        // only when it answers.
        var names = Models.Select(model => model.Name)
            .Concat(isStarting ? Loading.Select(version => version.Name) : [])
            .Order(StringComparer.Ordinal).ToArray();
        var defaultModel = settings.DefaultModel;
        DefaultModel = defaultModel
            ?? (names.Contains(settings.PreferredModel) ? settings.PreferredModel : names.FirstOrDefault());
        LoadFailures = defaultModel is null || _versionsByName.ContainsKey(defaultModel) || IsLoading(defaultModel)
            ? [.. failures]
            :
            [
                .. failures,
                new ModelLoadFailure(defaultModel, "", "it is set to be the default model, but it is not served"),
            ];

        static int NumberOf(LoadedVersion version) =>
            int.Parse(version.Model.Version, CultureInfo.InvariantCulture);
    }

    internal static ModelCatalog Empty { get; } =
        new([], [], [], new RepositorySettings { Folder = "" }, isStarting: false);

    /// <summary>Whether everything is being loaded for the first time.</summary>
    public bool IsStarting { get; }

    /// <summary>
    /// The versions that were found and are not served yet: they wait until their files have settled, or are being
    /// loaded. Not those of which older content is served meanwhile.
    /// </summary>
    public IReadOnlyList<ModelIdentity> Loading { get; }

    /// <summary>Every version that is served, by name and then from the lowest version to the highest.</summary>
    public IReadOnlyList<ClassifierModel> Models { get; }

    /// <summary>
    /// Every folder that cannot be served as it is, and every version that is served although its runs do not end.
    /// </summary>
    public IReadOnlyList<ModelLoadFailure> Failures =>
    [
        .. LoadFailures,
        .. from model in Models
           let fault = model.RunFault
           where fault is not null
           select new ModelLoadFailure(model.Name, model.Version, fault, KeepsServing: true),
    ];

    /// <summary>Every folder that cannot be served as it is.</summary>
    internal IReadOnlyList<ModelLoadFailure> LoadFailures { get; }

    /// <summary>The model that answers when a request names none; null if nothing is served.</summary>
    public string? DefaultModel { get; }

    /// <summary>Finds the model that a request asks for.</summary>
    /// <param name="name">A model's name; null for <see cref="DefaultModel"/>.</param>
    /// <param name="version">A version; null for the highest.</param>
    /// <exception cref="InferenceException">
    /// There is no such model or version; the message lists what there is. Or it is still being loaded.
    /// </exception>
    public ClassifierModel Find(string? name, string? version) => FindLoaded(name, version).Model;

    /// <summary>All versions of a model, from the lowest to the highest.</summary>
    /// <param name="name">A model's name.</param>
    /// <exception cref="InferenceException">
    /// There is no such model; the message lists what there is. Or it is still being loaded.
    /// </exception>
    public IReadOnlyList<ClassifierModel> VersionsOf(string? name) =>
        name is not null && _versionsByName.TryGetValue(name, out var versions)
            ? versions
            : (name is null ? Loading.Count > 0 : IsLoading(name))
            ? throw StillLoading(name is null ? "The models are" : $"Model '{name}' is")
            : throw new InferenceException(InferenceError.ModelNotFound, Models.Count == 0
                ? "No model is loaded."
                : $"There is no model '{Quoting.Shorten(name ?? "")}'. The models are: "
                    + $"{string.Join(", ", _versionsByName.Keys.Order(StringComparer.Ordinal))}.");

    internal LoadedVersion FindLoaded(string? name, string? version)
    {
        var versions = VersionsOf(name ?? DefaultModel);
        var loaded = _loadedByName[versions[0].Name];
        if (version is null)
        {
            return loaded[^1];
        }

        foreach (var one in loaded)
        {
            if (one.Model.Version == version)
            {
                return one;
            }
        }

        if (Loading.Contains(new ModelIdentity(versions[0].Name, version)))
        {
            throw StillLoading($"Version {version} of model '{versions[0].Name}' is");
        }

        throw new InferenceException(
            InferenceError.VersionNotFound,
            $"Model '{versions[0].Name}' has no version '{Quoting.Shorten(version)}'. It has: "
            + $"{string.Join(", ", versions.Select(model => model.Version))}.");
    }

    private bool IsLoading(string name) => Loading.Any(version => version.Name == name);

    private static InferenceException StillLoading(string what) =>
        new(InferenceError.ModelLoading, $"{what} still being loaded. Try again in a moment.");
}
