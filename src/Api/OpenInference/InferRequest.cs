namespace SoftmaxService.Api.OpenInference;

/// <summary>A request for inference, whether it came by REST or by gRPC.</summary>
internal sealed record InferRequest
{
    /// <summary>Echoed only where it was given.</summary>
    public string? Id { get; init; }

    public InferParameters Parameters { get; init; } = InferParameters.None;

    public required IReadOnlyList<InferInput> Inputs { get; init; }

    /// <summary>The outputs that are wanted, in the order of the answer; none for all that are offered.</summary>
    public IReadOnlyList<RequestedOutput> Outputs { get; init; } = [];

    /// <summary>Whether outputs are answered as JSON by default.</summary>
    public bool OutputsAsJson { get; init; }
}

/// <summary>
/// One input tensor; its contents are read only once its name, datatype and shape are known to fit the model.
/// </summary>
internal sealed record InferInput(string Name, string Datatype, IReadOnlyList<long> Shape, ITensorContents Contents);

/// <summary>
/// One output that is wanted: as it is, or as its <paramref name="Classification"/> highest classes; in JSON, or in
/// bytes.
/// </summary>
internal sealed record RequestedOutput(string Name, int? Classification, bool AsJson);

/// <summary>The elements of an input as they were sent: JSON, a blob, or the typed contents of gRPC.</summary>
internal interface ITensorContents
{
    /// <summary>
    /// Exactly <paramref name="count"/> numbers, little-endian, in row-major order; where they are nested, as <paramref
    /// name="shape"/> says.
    /// </summary>
    ReadOnlyMemory<byte> ReadNumbers(string input, TensorDatatype datatype, IReadOnlyList<long> shape, long count);

    /// <summary>
    /// Exactly <paramref name="count"/> elements of BYTES; where they are nested, as <paramref name="shape"/> says.
    /// </summary>
    IReadOnlyList<ReadOnlyMemory<byte>> ReadElements(string input, IReadOnlyList<long> shape, int count);
}
