using SoftmaxService.Inference.Batching;
using SoftmaxService.Inference.Imaging;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Models;

/// <summary>What holds for every model that is loaded.</summary>
public sealed record ModelSettings
{
    /// <summary>How ONNX Runtime runs them.</summary>
    public OnnxSettings Onnx { get; init; } = new();

    /// <summary>The most pixels (width × height) an image may declare; 40 million by default.</summary>
    public long MaxImagePixels { get; init; } = ImagePreprocessor.DefaultMaxPixels;

    /// <summary>The most items that may share a run, at least 1; 8 by default, and 1 switches joining off.</summary>
    public int MaxBatchSize { get; init; } = 8;

    /// <summary>The most items of one version that are decoded, wait or run at once, at least 1; 64 for each core by default.</summary>
    public int MaxPendingItems { get; init; } = 64 * Environment.ProcessorCount;

    /// <summary>Bounds how many images are decoded at once; the models that are loaded with these settings share it.</summary>
    public ComputeGate Gate { get; init; } = new();
}
