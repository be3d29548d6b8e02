namespace SoftmaxService.Inference.Models;

/// <summary>The names of a model's version. Whoever keeps them does not keep the model.</summary>
/// <param name="Name">The model's name, which is its folder's name.</param>
/// <param name="Version">The version, which is its folder's name: a positive whole number.</param>
public sealed record ModelIdentity(string Name, string Version);
