using System.Numerics;

namespace SoftmaxService.Api.OpenInference;

/// <summary>
/// A datatype of the protocol: its name, its name in ONNX, and the bytes of one element. BYTES, whose elements differ,
/// has a size of 0.
/// </summary>
internal sealed record TensorDatatype(string Name, string OnnxName, int Size)
{
    public static readonly TensorDatatype Fp32 = new("FP32", "float", 4);
    public static readonly TensorDatatype Fp64 = new("FP64", "double", 8);
    public static readonly TensorDatatype Fp16 = new("FP16", "float16", 2);
    public static readonly TensorDatatype Bf16 = new("BF16", "bfloat16", 2);
    public static readonly TensorDatatype UInt8 = new("UINT8", "uint8", 1);
    public static readonly TensorDatatype UInt16 = new("UINT16", "uint16", 2);
    public static readonly TensorDatatype UInt32 = new("UINT32", "uint32", 4);
    public static readonly TensorDatatype UInt64 = new("UINT64", "uint64", 8);
    public static readonly TensorDatatype Int8 = new("INT8", "int8", 1);
    public static readonly TensorDatatype Int16 = new("INT16", "int16", 2);
    public static readonly TensorDatatype Int32 = new("INT32", "int32", 4);
    public static readonly TensorDatatype Int64 = new("INT64", "int64", 8);
    public static readonly TensorDatatype Bool = new("BOOL", "bool", 1);
    public static readonly TensorDatatype Bytes = new("BYTES", "", 0);

    private static readonly TensorDatatype[] Numeric =
    [
        Fp32,
        Fp64,
        Fp16,
        Bf16,
        UInt8,
        UInt16,
        UInt32,
        UInt64,
        Int8,
        Int16,
        Int32,
        Int64,
        Bool,
    ];

    /// <summary>
    /// Whether JSON, and the typed contents of gRPC, can hold it: the protocol gives 16-bit floats no such form.
    /// </summary>
    public bool HasTypedForm => this != Fp16 && this != Bf16;

    /// <summary>Whether an element may have a fraction.</summary>
    public bool IsFloat => this == Fp32 || this == Fp64 || this == Fp16 || this == Bf16;

    /// <summary>The datatype of an ONNX tensor; null where the protocol has none, as for strings.</summary>
    public static TensorDatatype? OfOnnx(string elementType) =>
        Array.Find(Numeric, datatype => datatype.OnnxName == elementType);

    /// <summary>
    /// What an element must be, for messages: <c>an element of INT8 is a whole number from -128 to 127</c>.
    /// </summary>
    public string Requirement<T>()
        where T : IMinMaxValue<T> =>
        $"an element of {Name} is a {(IsFloat ? "" : "whole ")}number from {T.MinValue} to {T.MaxValue}";
}
