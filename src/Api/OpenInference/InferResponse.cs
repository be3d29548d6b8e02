using SoftmaxService.Api.Wire;
using SoftmaxService.Inference;

namespace SoftmaxService.Api.OpenInference;

/// <summary>
/// The answer to an <see cref="InferRequest"/>, before it is written; with T if logits or probabilities were requested.
/// </summary>
internal sealed record InferResponse(
    string ModelName,
    string ModelVersion,
    string? Id,
    AppliedTemperature? Temperature,
    IReadOnlyList<OutputTensor> Outputs);

/// <summary>
/// One output: numbers in <paramref name="Numbers"/>, little-endian, or, for BYTES, one array per element in
/// <paramref name="Elements"/>.
/// </summary>
internal sealed record OutputTensor(
    string Name,
    TensorDatatype Datatype,
    IReadOnlyList<long> Shape,
    ReadOnlyMemory<byte> Numbers,
    IReadOnlyList<byte[]>? Elements,
    bool AsJson)
{
    private const int LengthBytes = 4;

    // A class of the classification extension: "value:index:label" without its label.
    public const int ClassBytes = 26 + AnswerSize.WholeNumber + 4;

    // Whole numbers in the typed contents of gRPC: as many as the largest takes.
    private const int VarintBytes = 10;
    private const int DoubleBytes = 26;

    /// <summary>The most bytes that the output takes, as JSON or otherwise.</summary>
    public long MaxBytes => Elements is null
        ? Numbers.Length / Datatype.Size * (long)ElementBytes(Datatype, AsJson)
        : Elements.Sum(element => element.Length + (long)LengthBytes);

    /// <summary>The most bytes that one number takes.</summary>
    public static int ElementBytes(TensorDatatype datatype, bool asJson) => (asJson, datatype.Name) switch
    {
        (false, "FP16" or "BF16" or "FP32" or "FP64" or "BOOL") => datatype.Size,
        (false, _) => VarintBytes,
        (true, "FP32") => AnswerSize.Number,
        (true, "FP64") => DoubleBytes,
        (true, _) => AnswerSize.WholeNumber,
    };

    /// <summary>The bytes that the output takes in binary form.</summary>
    public int BinarySize => Elements is null ? Numbers.Length : Elements.Sum(element => LengthBytes + element.Length);

    /// <summary>The output in binary form: numbers without padding, each element of BYTES after its length.</summary>
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
