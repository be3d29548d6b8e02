namespace SoftmaxService.Inference.Models;

/// <summary>A folder whose files could not be served as they are, and why.</summary>
/// <param name="Name">The model's name.</param>
/// <param name="Version">The version's folder name; empty where the model as a whole is at fault.</param>
/// <param name="Reason">What is wrong with it.</param>
/// <param name="KeepsServing">Whether the version still answers, with what its files held before.</param>
public sealed record ModelLoadFailure(string Name, string Version, string Reason, bool KeepsServing = false);
