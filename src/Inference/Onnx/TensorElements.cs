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
        "uint8" => TensorElementType.UInt8,
        _ => null,
    };

    public static int SizeOf(TensorElementType element) => element switch
    {
        TensorElementType.Float32 => sizeof(float),
        TensorElementType.Float16 => 2,
        _ => 1,
    };

    public static OrtElementType ToOrt(TensorElementType element) => element switch
    {
        TensorElementType.Float32 => OrtElementType.Float,
        TensorElementType.Float16 => OrtElementType.Float16,
        _ => OrtElementType.UInt8,
    };

    /// <summary>Converts floats to the nearest elements. Bytes are clamped to 0…255.</summary>
    public static void Encode(ReadOnlySpan<float> values, TensorElementType element, Span<byte> elements)
    {
        switch (element)
        {
            case TensorElementType.Float32:
                MemoryMarshal.AsBytes(values).CopyTo(elements);
                break;

            case TensorElementType.Float16:
                var halves = MemoryMarshal.Cast<byte, Half>(elements);
                for (var i = 0; i < values.Length; i++)
                {
                    halves[i] = (Half)values[i];
                }

                break;

            default:
                for (var i = 0; i < values.Length; i++)
                {
                    elements[i] = (byte)Math.Clamp(MathF.Round(values[i]), 0f, 255f);
                }

                break;
        }
    }

    /// <summary>Converts all elements of a tensor to floats, exactly.</summary>
    public static float[] ToFloats(ReadOnlySpan<byte> elements, string onnxName)
    {
        var element = Named(onnxName) ?? throw new InvalidDataException($"an output holds {onnxName}");
        var values = new float[elements.Length / SizeOf(element)];
        Decode(elements, element, values);
        return values;
    }

    /// <summary>Converts elements to floats, exactly.</summary>
    public static void Decode(ReadOnlySpan<byte> elements, TensorElementType element, Span<float> values)
    {
        switch (element)
        {
            case TensorElementType.Float32:
                MemoryMarshal.Cast<byte, float>(elements).CopyTo(values);
                break;

            case TensorElementType.Float16:
                var halves = MemoryMarshal.Cast<byte, Half>(elements);
                for (var i = 0; i < halves.Length; i++)
                {
                    values[i] = (float)halves[i];
                }

                break;

            default:
                for (var i = 0; i < elements.Length; i++)
                {
                    values[i] = elements[i];
                }

                break;
        }
    }
}
