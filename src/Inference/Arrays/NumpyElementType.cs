using System.Diagnostics.CodeAnalysis;

namespace SoftmaxService.Inference.Arrays;

/// <summary>The element types that are read and written, by NumPy's names for them.</summary>
[SuppressMessage("Naming", "CA1720:Identifier contains type name", Justification = "An element type is what it names.")]
public enum NumpyElementType
{
    /// <summary>One byte, 0 or 1.</summary>
    Bool,

    /// <summary>Signed bytes, −128…127.</summary>
    Int8,

    /// <summary>Signed integers of 16 bits.</summary>
    Int16,

    /// <summary>Signed integers of 32 bits.</summary>
    Int32,

    /// <summary>Signed integers of 64 bits.</summary>
    Int64,

    /// <summary>Bytes, 0…255.</summary>
    UInt8,

    /// <summary>Unsigned integers of 16 bits.</summary>
    UInt16,

    /// <summary>Unsigned integers of 32 bits.</summary>
    UInt32,

    /// <summary>Unsigned integers of 64 bits.</summary>
    UInt64,

    /// <summary>16-bit floats (IEEE binary16).</summary>
    Float16,

    /// <summary>32-bit floats.</summary>
    Float32,

    /// <summary>64-bit floats.</summary>
    Float64,
}
