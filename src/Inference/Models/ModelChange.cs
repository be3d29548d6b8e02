namespace SoftmaxService.Inference.Models;

/// <summary>What happened to a version.</summary>
public enum ModelChangeKind
{
    /// <summary>It was loaded and is served, perhaps in place of older content.</summary>
    Loaded,

    /// <summary>Its files could not be loaded.</summary>
    Failed,

    /// <summary>It is no longer served.</summary>
    Unloaded,

    /// <summary>It is served, but its last runs did not end by themselves.</summary>
    RunsFailing,
}

/// <summary>One change of a repository.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Name">The model's name.</param>
/// <param name="Version">The version; empty if the model as a whole is at fault.</param>
/// <param name="Model">The model that was loaded.</param>
/// <param name="Reason">Why it could not be loaded, is no longer served, or is failing.</param>
/// <param name="IsReplacement">Whether the loaded model replaced the version's older content.</param>
public sealed record ModelChange(
    ModelChangeKind Kind, string Name, string Version, ClassifierModel? Model = null, string? Reason = null,
    bool IsReplacement = false);
