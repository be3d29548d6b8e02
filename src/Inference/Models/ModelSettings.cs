using SoftmaxService.Inference.Batching;
using SoftmaxService.Inference.Imaging;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Models;

/// <summary>Settings for every model that is loaded.</summary>
public sealed record ModelSettings
{
    /// <summary>How ONNX Runtime runs the models.</summary>
    public OnnxSettings Onnx { get; init; } = new();

    /// <summary>The most pixels (width × height) that an image may declare. Defaults to 40 million.</summary>
    public long MaxImagePixels { get; init; } = ImagePreprocessor.DefaultMaxPixels;

    /// <summary>The most items that may share a run, at least 1. Defaults to 8; 1 switches batching off.</summary>
    public int MaxBatchSize { get; init; } = 8;

    /// <summary>
    /// The most items of one version that are decoded, wait or run at once, at least 1. Defaults to 64 per core.
    /// </summary>
    public int MaxPendingItems { get; init; } = 64 * Environment.ProcessorCount;

    /// <summary>What the caller states about the input, in place of <c>model.json</c>. Null states nothing.</summary>
    public ManifestInput? Input { get; init; }

    /// <summary>
    /// Limits how many images are decoded at once. Shared by all models that are loaded with these settings.
    /// </summary>
    public ComputeGate Gate { get; init; } = new();

    /// <summary>
    /// The memory for decoding images. Shared by all models that are loaded with these settings. Defaults to two fifths
    /// of the memory that the process may have, which is the container's limit where there is one.
    /// </summary>
    public ByteBudget DecodeMemory { get; init; } = new(Math.Max(1, 2 * AvailableBytes / 5));

    /// <summary>
    /// The processes that decode images. Shared by all models that are loaded with these settings. Null, the default,
    /// decodes them in this process.
    /// </summary>
    public IDecoderPool? Decoders { get; init; }

    private static long AvailableBytes => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
}
