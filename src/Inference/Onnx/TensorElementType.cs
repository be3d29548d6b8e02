using System.Diagnostics.CodeAnalysis;

namespace SoftmaxService.Inference.Onnx;

/// <summary>The element types of an image classifier's input. Scores may have them too, except for integers.</summary>
[SuppressMessage("Naming", "CA1720:Identifier contains type name", Justification = "An element type is what it names.")]
public enum TensorElementType
{
    /// <summary>32-bit floats.</summary>
    Float32,

    /// <summary>16-bit floats (IEEE binary16).</summary>
    Float16,

    /// <summary>Bytes, 0…255. Scores of bytes have a scale and a zero point.</summary>
    UInt8,

    /// <summary>64-bit floats.</summary>
    Float64,

    /// <summary>Signed bytes, −128…127. Scores of bytes have a scale and a zero point.</summary>
    Int8,

    /// <summary>32-bit integers.</summary>
    Int32,

    /// <summary>64-bit integers.</summary>
    Int64,
}
