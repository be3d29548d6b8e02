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

        var elements = new JsonElements(json.Span, input);

        // A number takes a byte of text at least: a shape that promises more must not cost the memory that it promises.
        var tensor = count <= json.Length ? new byte[count * datatype.Size] : throw WrongCount(input, 0, count);
        var read = datatype == TensorDatatype.Fp32
            ? ReadFloats(ref elements, MemoryMarshal.Cast<byte, float>(tensor.AsSpan()))
            : ReadBytes(ref elements, tensor);
        if (read != count)
        {
            throw WrongCount(input, read, count);
        }

        elements.CheckNesting(shape, count);
        return tensor;
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

    private static long ReadFloats(ref JsonElements elements, Span<float> tensor)
    {
        var read = 0;
        while (elements.MoveNext())
        {
            if (elements.Reader.TokenType != JsonTokenType.Number
                || !elements.Reader.TryGetSingle(out var value)
                || !float.IsFinite(value))
            {
                throw elements.Reject("an element of FP32 is a number that a 32-bit float can hold");
            }

            if (read == tensor.Length)
            {
                return read + 1;
            }

            tensor[read++] = value;
        }

        return read;
    }

    private static long ReadBytes(ref JsonElements elements, Span<byte> tensor)
    {
        var read = 0;
        while (elements.MoveNext())
        {
            if (elements.Reader.TokenType != JsonTokenType.Number || !elements.Reader.TryGetByte(out var value))
            {
                throw elements.Reject("an element of UINT8 is a whole number from 0 to 255");
            }

            if (read == tensor.Length)
            {
                return read + 1;
            }

            tensor[read++] = value;
        }

        return read;
    }

    private static RequestException WrongCount(string input, long read, long count) => new(
        Problem.BadRequest,
        $"The data of input '{input}' holds {(read < count ? "fewer" : "more")} elements than the {count} that its "
        + "shape needs.");
}
