using System.Diagnostics.CodeAnalysis;

namespace SoftmaxService.Inference.Onnx;

/// <summary>The element types of an image classifier's input, and (except for bytes) of its scores.</summary>
[SuppressMessage("Naming", "CA1720:Identifier contains type name", Justification = "An element type is what it names.")]
public enum TensorElementType
{
    /// <summary>32-bit floats.</summary>
    Float32,

    /// <summary>16-bit floats (IEEE binary16).</summary>
    Float16,

    /// <summary>Bytes, 0…255.</summary>
    UInt8,
}
