namespace SoftmaxService.Inference.Models;

/// <summary>A folder whose files cannot be served as they are, and why.</summary>
/// <param name="Name">The model's name.</param>
/// <param name="Version">The name of the version's folder; empty if the model as a whole is at fault.</param>
/// <param name="Reason">What is wrong.</param>
/// <param name="KeepsServing">Whether the version still answers, with what its files held before.</param>
public sealed record ModelLoadFailure(string Name, string Version, string Reason, bool KeepsServing = false)
{
    /// <summary>The same failure of a version that answers with what its files held before.</summary>
    internal ModelLoadFailure AsKeptServing() =>
        this with { Reason = WithOlderContent(Reason), KeepsServing = true };

    internal static string WithOlderContent(string reason) => $"{reason.TrimEnd('.')}; the older content keeps serving";
}
