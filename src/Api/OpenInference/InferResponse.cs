using SoftmaxService.Inference;

namespace SoftmaxService.Api.OpenInference;

/// <summary>The answer to an <see cref="InferRequest"/>, before it is written: with T, where logits or probabilities were asked for.</summary>
internal sealed record InferResponse(string ModelName, string ModelVersion, string? Id, AppliedTemperature? Temperature, IReadOnlyList<OutputTensor> Outputs);

/// <summary>One output: numbers in <paramref name="Numbers"/>, little-endian, or, for BYTES, one array an element in <paramref name="Elements"/>.</summary>
internal sealed record OutputTensor(string Name, TensorDatatype Datatype, IReadOnlyList<long> Shape, ReadOnlyMemory<byte> Numbers, IReadOnlyList<byte[]>? Elements, bool AsJson)
{
    private const int LengthBytes = 4;

    /// <summary>The bytes that the output takes in binary form.</summary>
    public int BinarySize => Elements is null ? Numbers.Length : Elements.Sum(element => LengthBytes + element.Length);

    /// <summary>The output in binary form: numbers without padding, elements of BYTES each behind its length.</summary>
    public ReadOnlyMemory<byte> ToBinary()
    {
        if (Elements is null)
        {
            return Numbers;
        }

        var binary = new byte[BinarySize];
        var rest = binary.AsSpan();
        foreach (var element in Elements)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(rest, element.Length);
            element.CopyTo(rest[LengthBytes..]);
            rest = rest[(LengthBytes + element.Length)..];
        }

        return binary;
    }
}
