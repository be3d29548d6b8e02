namespace SoftmaxService.Inference.Models;

/// <summary>Which models a repository serves, and when it follows a change of their files.</summary>
public sealed record RepositorySettings
{
    /// <summary>The repository's folder; one that does not exist holds no models.</summary>
    public required string Folder { get; init; }

    /// <summary>What holds for every model.</summary>
    public ModelSettings Model { get; init; } = new();

    /// <summary>The model that answers when a request names none; null to choose it among those that are served.</summary>
    public string? DefaultModel { get; init; }

    /// <summary>The model to choose as default where it is served; else the first by name is.</summary>
    public string? PreferredModel { get; init; }

    /// <summary>The version policy of each model that has one; the others serve all their versions.</summary>
    public IReadOnlyDictionary<string, VersionPolicy> Versions { get; init; } = new Dictionary<string, VersionPolicy>();

    /// <summary>How long a folder's files must stay the same before they are believed to be complete; 1 s unless said.</summary>
    public TimeSpan SettleTime { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long the load and warm-up of a version may take before it is given up; 120 s unless said.</summary>
    public TimeSpan LoadTime { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>How often the folder is read although nothing was heard of a change; 10 s unless said.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(10);
}
