namespace SoftmaxService.Inference.Models;

/// <summary>What happened to a version.</summary>
public enum ModelChangeKind
{
    /// <summary>It was loaded and is served, perhaps in place of what its files held before.</summary>
    Loaded,

    /// <summary>Its files could not be loaded.</summary>
    Failed,

    /// <summary>It is served no longer.</summary>
    Unloaded,
}

/// <summary>One change of a repository, told once.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Name">The model's name.</param>
/// <param name="Version">The version; empty where the model as a whole is at fault.</param>
/// <param name="Model">What was loaded.</param>
/// <param name="Reason">Why it could not be loaded, or is served no longer.</param>
/// <param name="IsReplacement">Whether what was loaded took the place of what the version's files held before.</param>
public sealed record ModelChange(ModelChangeKind Kind, string Name, string Version, ClassifierModel? Model = null, string? Reason = null, bool IsReplacement = false);
