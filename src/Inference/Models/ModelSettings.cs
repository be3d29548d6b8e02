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
}
