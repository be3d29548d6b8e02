namespace SoftmaxService.Inference.Models;

/// <summary>Whether a version answers.</summary>
public enum ModelState
{
    /// <summary>It answers.</summary>
    Ready,

    /// <summary>Its files were found. It answers once they have settled and are loaded.</summary>
    Loading,

    /// <summary>It does not answer; the reason says why.</summary>
    Unavailable,
}

/// <summary>One version in a repository's index.</summary>
/// <param name="Name">The model's name.</param>
/// <param name="Version">The version; empty if the model has none that can be served.</param>
/// <param name="State">Whether it answers.</param>
/// <param name="Reason">
/// Why it does not answer, or answers with older content than its files hold; otherwise empty.
/// </param>
public sealed record ModelIndexEntry(string Name, string Version, ModelState State, string Reason);
