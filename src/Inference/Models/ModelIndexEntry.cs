namespace SoftmaxService.Inference.Models;

/// <summary>Whether a version answers.</summary>
public enum ModelState
{
    /// <summary>It answers.</summary>
    Ready,

    /// <summary>Its files were found; it answers once they rest and are loaded.</summary>
    Loading,

    /// <summary>It does not answer, for a reason that is given.</summary>
    Unavailable,
}

/// <summary>One version in a repository's index.</summary>
/// <param name="Name">The model's name.</param>
/// <param name="Version">The version; empty where the model has none that could be served.</param>
/// <param name="State">Whether it answers.</param>
/// <param name="Reason">Why it does not, or why it answers with older content than its files hold; else empty.</param>
public sealed record ModelIndexEntry(string Name, string Version, ModelState State, string Reason);
