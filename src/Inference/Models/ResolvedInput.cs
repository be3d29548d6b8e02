using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Inference.Models;

/// <summary>A model's input, as its graph and its manifest describe it.</summary>
/// <param name="Input">How an image becomes the tensor.</param>
/// <param name="Shape">The tensor's shape for one image, including the batch axis if there is one.</param>
/// <param name="HasBatchAxis">Whether the first axis counts images.</param>
/// <param name="Batch">The images of every run if the graph fixes that; otherwise 1.</param>
/// <param name="Notes">What was chosen because the manifest does not state it, one sentence each.</param>
internal sealed record ResolvedInput(
    ImageInput Input, int[] Shape, bool HasBatchAxis, int Batch, IReadOnlyList<string> Notes)
{
    /// <summary>Why the size is an assumption, in a sentence; null where it is stated.</summary>
    public string? Assumption { get; init; }

    /// <summary>The fields that are part of the assumption.</summary>
    public IReadOnlyList<string> AssumedFields { get; init; } = [];

    /// <summary>Whether it is no assumption if the graph runs in no other way.</summary>
    public bool IsSettledByRunning { get; init; }

    /// <summary>Whether the graph runs in this layout alone.</summary>
    public bool RunsInNoOtherLayout { get; init; }
}
