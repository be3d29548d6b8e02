using Google.Protobuf.Collections;
using SoftmaxService.Api.OpenInference.Wire;
using SoftmaxService.Api.Problems;

namespace SoftmaxService.Api.OpenInference;

/// <summary>A tensor in the typed contents of gRPC: a field for each family of datatypes.</summary>
internal sealed class TypedContents(InferTensorContents? contents) : ITensorContents
{
    private readonly InferTensorContents _contents = contents ?? new InferTensorContents();

    public ReadOnlyMemory<byte> ReadNumbers(
        string input, TensorDatatype datatype, IReadOnlyList<long> shape, long count)
    {
        if (!datatype.HasTypedForm)
        {
            throw new RequestException(
                Problem.BadRequest,
                $"Input '{input}' is {datatype.Name}, which the protocol gives no typed contents. "
                + "Send it in raw_input_contents.");
        }

        return datatype == TensorDatatype.Fp32 ? ReadFloats(input, count) : ReadBytes(input, count);
    }

    public IReadOnlyList<ReadOnlyMemory<byte>> ReadElements(string input, IReadOnlyList<long> shape, int count)
    {
        CheckCount(input, "bytes_contents", _contents.BytesContents, count);
        return [.. _contents.BytesContents.Select(element => element.Memory)];
    }

    private byte[] ReadFloats(string input, long count)
    {
        CheckCount(input, "fp32_contents", _contents.Fp32Contents, count);
        var tensor = new byte[count * sizeof(float)];
        var floats = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(tensor.AsSpan());
        for (var i = 0; i < floats.Length; i++)
        {
            floats[i] = _contents.Fp32Contents[i];
        }

        return tensor;
    }

    private byte[] ReadBytes(string input, long count)
    {
        CheckCount(input, "uint_contents", _contents.UintContents, count);
        var tensor = new byte[count];
        for (var i = 0; i < tensor.Length; i++)
        {
            var value = _contents.UintContents[i];
            tensor[i] = value <= byte.MaxValue
                ? (byte)value
                : throw new RequestException(
                    Problem.BadRequest,
                    $"Input '{input}' holds {value}; an element of UINT8 is a whole number from 0 to 255.");
        }

        return tensor;
    }

    private static void CheckCount<T>(string input, string field, RepeatedField<T> elements, long count)
    {
        if (elements.Count != count)
        {
            throw new RequestException(
                Problem.BadRequest,
                $"Input '{input}' has {elements.Count} elements in {field}, but its shape needs {count}.");
        }
    }
}
