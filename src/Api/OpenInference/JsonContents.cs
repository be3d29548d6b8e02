using System.Diagnostics;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Wire;

namespace SoftmaxService.Api.OpenInference;

/// <summary>
/// A tensor as the <c>data</c> of a JSON request, flat or nested: numbers go from the text straight into the tensor's
/// bytes.
/// </summary>
internal sealed class JsonContents(ReadOnlyMemory<byte> json) : ITensorContents
{
    public ReadOnlyMemory<byte> ReadNumbers(
        string input, TensorDatatype datatype, IReadOnlyList<long> shape, long count)
    {
        if (!datatype.HasTypedForm)
        {
            throw new RequestException(
                Problem.BadRequest,
                $"Input '{input}' is {datatype.Name}, which the protocol gives no form in JSON. "
                + $"Send it in binary ({InferParameters.BinaryDataSize}).");
        }

        return datatype.Name switch
        {
            "FP32" => Read<float>(input, datatype, shape, count),
            "FP64" => Read<double>(input, datatype, shape, count),
            "UINT8" => Read<byte>(input, datatype, shape, count),
            "INT8" => Read<sbyte>(input, datatype, shape, count),
            "INT32" => Read<int>(input, datatype, shape, count),
            "INT64" => Read<long>(input, datatype, shape, count),
            _ => throw new UnreachableException($"No model takes {datatype.Name}."),
        };
    }

    public IReadOnlyList<ReadOnlyMemory<byte>> ReadElements(string input, IReadOnlyList<long> shape, int count)
    {
        var read = new List<ReadOnlyMemory<byte>>();
        var elements = new JsonElements(json.Span, input);
        while (elements.MoveNext())
        {
            if (elements.Reader.TokenType != JsonTokenType.String)
            {
                throw elements.Reject("an element of BYTES is an image in base64");
            }

            if (read.Count == count)
            {
                throw WrongCount(input, count + 1, count);
            }

            read.Add(Base64ImageConverter.Decode(ref elements.Reader));
        }

        if (read.Count != count)
        {
            throw WrongCount(input, read.Count, count);
        }

        elements.CheckNesting(shape, count);
        return read;
    }

    private byte[] Read<T>(string input, TensorDatatype datatype, IReadOnlyList<long> shape, long count)
        where T : unmanaged, INumber<T>, IMinMaxValue<T>
    {
        var elements = new JsonElements(json.Span, input);

        // A number takes a byte of text at least: a shape that promises more must not cost the memory that it promises.
        var tensor = count <= json.Length ? new byte[count * datatype.Size] : throw WrongCount(input, 0, count);
        var numbers = MemoryMarshal.Cast<byte, T>(tensor.AsSpan());
        var styles = datatype.IsFloat ? NumberStyles.Float : NumberStyles.AllowLeadingSign;
        var read = 0;
        while (elements.MoveNext())
        {
            if (elements.Reader.TokenType != JsonTokenType.Number
                || !T.TryParse(elements.Reader.ValueSpan, styles, CultureInfo.InvariantCulture, out var number)
                || !T.IsFinite(number))
            {
                throw elements.Reject(datatype.Requirement<T>());
            }

            if (read == numbers.Length)
            {
                throw WrongCount(input, read + 1, count);
            }

            numbers[read++] = number;
        }

        if (read != count)
        {
            throw WrongCount(input, read, count);
        }

        elements.CheckNesting(shape, count);
        return tensor;
    }

    private static RequestException WrongCount(string input, long read, long count) => new(
        Problem.BadRequest,
        $"The data of input '{input}' holds {(read < count ? "fewer" : "more")} elements than the {count} that its "
        + "shape needs.");
}
