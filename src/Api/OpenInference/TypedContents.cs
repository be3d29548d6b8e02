using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;
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

        return datatype.Name switch
        {
            "FP32" => Read<float, float>(input, datatype, "fp32_contents", _contents.Fp32Contents, count),
            "FP64" => Read<double, double>(input, datatype, "fp64_contents", _contents.Fp64Contents, count),
            "UINT8" => Read<uint, byte>(input, datatype, "uint_contents", _contents.UintContents, count),
            "INT8" => Read<int, sbyte>(input, datatype, "int_contents", _contents.IntContents, count),
            "INT32" => Read<int, int>(input, datatype, "int_contents", _contents.IntContents, count),
            "INT64" => Read<long, long>(input, datatype, "int64_contents", _contents.Int64Contents, count),
            _ => throw new UnreachableException($"No model takes {datatype.Name}."),
        };
    }

    public IReadOnlyList<ReadOnlyMemory<byte>> ReadElements(string input, IReadOnlyList<long> shape, int count)
    {
        CheckCount(input, "bytes_contents", _contents.BytesContents, count);
        return [.. _contents.BytesContents.Select(element => element.Memory)];
    }

    private static byte[] Read<TField, T>(
        string input, TensorDatatype datatype, string field, RepeatedField<TField> elements, long count)
        where TField : INumber<TField>
        where T : unmanaged, INumber<T>, IMinMaxValue<T>
    {
        CheckCount(input, field, elements, count);
        var tensor = new byte[count * datatype.Size];
        var numbers = MemoryMarshal.Cast<byte, T>(tensor.AsSpan());
        for (var i = 0; i < numbers.Length; i++)
        {
            numbers[i] = T.CreateTruncating(elements[i]);

            // Equals, since NaN is not == NaN: floats pass as they are.
            if (!TField.CreateTruncating(numbers[i]).Equals(elements[i]))
            {
                throw new RequestException(
                    Problem.BadRequest,
                    $"Input '{input}' holds {elements[i]}; {datatype.Requirement<T>()}.");
            }
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
