using System.Diagnostics.CodeAnalysis;

namespace SoftmaxService.Inference.Onnx;

/// <summary>What an image classifier's input may hold, and its scores (the latter no bytes).</summary>
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
