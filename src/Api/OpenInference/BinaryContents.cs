using System.Buffers.Binary;
using SoftmaxService.Api.Problems;

namespace SoftmaxService.Api.OpenInference;

/// <summary>
/// A tensor as a blob, behind the JSON of a REST request or in <c>raw_input_contents</c>: little-endian, no padding.
/// </summary>
internal sealed class BinaryContents(ReadOnlyMemory<byte> blob) : ITensorContents
{
    private const int LengthBytes = 4;

    public ReadOnlyMemory<byte> ReadNumbers(
        string input, TensorDatatype datatype, IReadOnlyList<long> shape, long count) =>
        blob.Length == count * datatype.Size
        ? blob
        : throw new RequestException(
            Problem.BadRequest,
            $"Input '{input}' has {blob.Length} bytes, but its shape needs {count * datatype.Size}: "
            + $"{count} elements of {datatype.Name}.");

    public IReadOnlyList<ReadOnlyMemory<byte>> ReadElements(string input, IReadOnlyList<long> shape, int count)
    {
        var elements = new List<ReadOnlyMemory<byte>>();
        var rest = blob;
        while (rest.Length > 0)
        {
            var length = rest.Length >= LengthBytes
                ? BinaryPrimitives.ReadUInt32LittleEndian(rest.Span)
                : uint.MaxValue;
            if (length > rest.Length - LengthBytes)
            {
                throw new RequestException(
                    Problem.BadRequest,
                    $"Element {elements.Count} of input '{input}' runs beyond its {blob.Length} bytes. "
                    + "Each element of BYTES follows its length, 4 bytes little-endian.");
            }

            elements.Add(rest.Slice(LengthBytes, (int)length));
            rest = rest[(LengthBytes + (int)length)..];
            if (elements.Count > count)
            {
                break;
            }
        }

        return elements.Count == count
            ? elements
            : throw new RequestException(
                Problem.BadRequest,
                $"Input '{input}' holds {(elements.Count > count ? $"more than {count}" : $"{elements.Count}")} "
                + $"elements, but its shape needs {count}.");
    }
}
