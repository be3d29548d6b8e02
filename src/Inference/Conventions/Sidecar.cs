namespace SoftmaxService.Inference.Conventions;

/// <summary>A file beside a model.</summary>
/// <param name="Name">Its name, for messages and sources.</param>
/// <param name="Folder">The folder that it was found in.</param>
/// <param name="Content">Its bytes.</param>
internal sealed record Sidecar(string Name, string Folder, byte[] Content);
