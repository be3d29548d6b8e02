using System.Numerics;
using System.Runtime.InteropServices;
using OrtElementType = Microsoft.ML.OnnxRuntime.Tensors.TensorElementType;

namespace SoftmaxService.Inference.Onnx;

/// <summary>Converts between floats and the element types of tensors.</summary>
internal static class TensorElements
{
    /// <summary>The type by its name in an <see cref="OnnxTensorInfo"/>; null if it is not served.</summary>
    public static TensorElementType? Named(string onnxName) => onnxName switch
    {
        "float" => TensorElementType.Float32,
        "float16" => TensorElementType.Float16,
        "double" => TensorElementType.Float64,
        "uint8" => TensorElementType.UInt8,
        "int8" => TensorElementType.Int8,
        "int32" => TensorElementType.Int32,
        "int64" => TensorElementType.Int64,
        _ => null,
    };

    public static int SizeOf(TensorElementType element) => element switch
    {
        TensorElementType.Float64 or TensorElementType.Int64 => 8,
        TensorElementType.Float32 or TensorElementType.Int32 => 4,
        TensorElementType.Float16 => 2,
        _ => 1,
    };

    public static OrtElementType ToOrt(TensorElementType element) => element switch
    {
        TensorElementType.Float32 => OrtElementType.Float,
        TensorElementType.Float16 => OrtElementType.Float16,
        TensorElementType.Float64 => OrtElementType.Double,
        TensorElementType.Int8 => OrtElementType.Int8,
        TensorElementType.Int32 => OrtElementType.Int32,
        TensorElementType.Int64 => OrtElementType.Int64,
        _ => OrtElementType.UInt8,
    };

    /// <summary>Converts floats to the nearest elements. Integers are clamped to the range of their type.</summary>
    public static void Encode(ReadOnlySpan<float> values, TensorElementType element, Span<byte> elements)
    {
        switch (element)
        {
            case TensorElementType.Float32:
                MemoryMarshal.AsBytes(values).CopyTo(elements);
                break;

            case TensorElementType.Float16:
                EncodeFloats<Half>(values, elements);
                break;

            case TensorElementType.Float64:
                EncodeFloats<double>(values, elements);
                break;

            case TensorElementType.Int8:
                EncodeIntegers<sbyte>(values, elements);
                break;

            case TensorElementType.Int32:
                EncodeIntegers<int>(values, elements);
                break;

            case TensorElementType.Int64:
                EncodeIntegers<long>(values, elements);
                break;

            default:
                EncodeIntegers<byte>(values, elements);
                break;
        }
    }

    /// <summary>Converts elements to the nearest floats.</summary>
    public static void Decode(ReadOnlySpan<byte> elements, TensorElementType element, Span<float> values)
    {
        switch (element)
        {
            case TensorElementType.Float32:
                MemoryMarshal.Cast<byte, float>(elements).CopyTo(values);
                break;

            case TensorElementType.Float16:
                Decode<Half>(elements, values);
                break;

            case TensorElementType.Float64:
                Decode<double>(elements, values);
                break;

            case TensorElementType.Int8:
                Decode<sbyte>(elements, values);
                break;

            case TensorElementType.Int32:
                Decode<int>(elements, values);
                break;

            case TensorElementType.Int64:
                Decode<long>(elements, values);
                break;

            default:
                Decode<byte>(elements, values);
                break;
        }
    }

    private static void EncodeFloats<T>(ReadOnlySpan<float> values, Span<byte> elements)
        where T : unmanaged, INumberBase<T>
    {
        var encoded = MemoryMarshal.Cast<byte, T>(elements);
        for (var i = 0; i < values.Length; i++)
        {
            encoded[i] = T.CreateTruncating(values[i]);
        }
    }

    private static void EncodeIntegers<T>(ReadOnlySpan<float> values, Span<byte> elements)
        where T : unmanaged, INumberBase<T>
    {
        var encoded = MemoryMarshal.Cast<byte, T>(elements);
        for (var i = 0; i < values.Length; i++)
        {
            encoded[i] = T.CreateSaturating(MathF.Round(values[i]));
        }
    }

    private static void Decode<T>(ReadOnlySpan<byte> elements, Span<float> values)
        where T : unmanaged, INumberBase<T>
    {
        var encoded = MemoryMarshal.Cast<byte, T>(elements);
        for (var i = 0; i < encoded.Length; i++)
        {
            values[i] = float.CreateTruncating(encoded[i]);
        }
    }
}
