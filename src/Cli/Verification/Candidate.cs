using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Cli.Verification;

/// <summary>A recipe that was tried.</summary>
/// <param name="Recipe">The recipe, with the scaling and the order of colours that fit best.</param>
/// <param name="Distance">How far its result is from the maker's; 0 is equal.</param>
internal sealed record Candidate(ImageInput Recipe, double Distance);
