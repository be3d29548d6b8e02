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

    internal ModelCatalog(
        IEnumerable<LoadedVersion> loaded, IEnumerable<ModelLoadFailure> failures, string? defaultModel,
        string? preferredModel)
    {
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
        DefaultModel = defaultModel ?? Models.FirstOrDefault(model => model.Name == preferredModel)?.Name
            ?? (Models.Count > 0 ? Models[0].Name : null);
        Failures = defaultModel is null || _versionsByName.ContainsKey(defaultModel)
            ? [.. failures]
            :
            [
                .. failures,
                new ModelLoadFailure(defaultModel, "", "it is set to be the default model, but it is not served"),
            ];

        static int NumberOf(LoadedVersion version) =>
            int.Parse(version.Model.Version, CultureInfo.InvariantCulture);
    }

    internal static ModelCatalog Empty { get; } = new([], [], defaultModel: null, preferredModel: null);

    /// <summary>Every version that is served, by name and then from the lowest version to the highest.</summary>
    public IReadOnlyList<ClassifierModel> Models { get; }

    /// <summary>Every folder that cannot be served as it is.</summary>
    public IReadOnlyList<ModelLoadFailure> Failures { get; }

    /// <summary>The model that answers when a request names none; null if nothing is served.</summary>
    public string? DefaultModel { get; }

    /// <summary>Finds the model that a request asks for.</summary>
    /// <param name="name">A model's name; null for <see cref="DefaultModel"/>.</param>
    /// <param name="version">A version; null for the highest.</param>
    /// <exception cref="InferenceException">
    /// There is no such model or version; the message lists what there is.
    /// </exception>
    public ClassifierModel Find(string? name, string? version) => FindLoaded(name, version).Model;

    /// <summary>All versions of a model, from the lowest to the highest.</summary>
    /// <param name="name">A model's name.</param>
    /// <exception cref="InferenceException">There is no such model; the message lists what there is.</exception>
    public IReadOnlyList<ClassifierModel> VersionsOf(string? name) =>
        name is not null && _versionsByName.TryGetValue(name, out var versions)
            ? versions
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

        throw new InferenceException(
            InferenceError.VersionNotFound,
            $"Model '{versions[0].Name}' has no version '{Quoting.Shorten(version)}'. It has: "
            + $"{string.Join(", ", versions.Select(model => model.Version))}.");
    }
}
