namespace SoftmaxService.Inference.Models;

/// <summary>Which models a repository serves, and when it follows changes of their files.</summary>
public sealed record RepositorySettings
{
    /// <summary>The repository's folder. A folder that does not exist holds no models.</summary>
    public required string Folder { get; init; }

    /// <summary>Settings for every model.</summary>
    public ModelSettings Model { get; init; } = new();

    /// <summary>
    /// The model that answers when a request names none; null to choose one of those that are served.
    /// </summary>
    public string? DefaultModel { get; init; }

    /// <summary>The model to choose as the default if it is served; otherwise the first by name is chosen.</summary>
    public string? PreferredModel { get; init; }

    /// <summary>The version policies of models. Models without one serve all their versions.</summary>
    public IReadOnlyDictionary<string, VersionPolicy> Versions { get; init; } = new Dictionary<string, VersionPolicy>();

    /// <summary>
    /// How long a folder's files must stay the same before they are taken to be complete. Defaults to 1 s.
    /// </summary>
    public TimeSpan SettleTime { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long loading and warming up a version may take before it fails. Defaults to 120 s.</summary>
    public TimeSpan LoadTime { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>
    /// Decides for each version whether it is loaded, before its model is opened. Null, the default, loads all of them.
    /// </summary>
    public VersionProbe? Probe { get; init; }

    /// <summary>How often the folder is read without any event. Defaults to 10 s.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(10);
}
