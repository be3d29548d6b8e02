using SoftmaxService.Api.Wire;
using SoftmaxService.Inference;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Api.OpenInference;

/// <summary>What the protocol calls metadata, for REST and gRPC alike.</summary>
internal static class ServedModels
{
    public static ServerMetadata Server { get; } = new(
        ServiceIdentity.Name,
        ServiceIdentity.Version,
        ["binary_tensor_data", "classification", "model_repository"]);

    public static ModelMetadata Describe(ModelCatalog models, string name, string? version)
    {
        var model = models.Find(name, version);
        var input = TensorInput.Of(model);
        return new ModelMetadata(
            model.Name,
            [.. models.VersionsOf(model.Name).Select(other => other.Version)],
            "onnxruntime_onnx",
            [
                new TensorMetadata(
                    input.Name,
                    TensorDatatype.OfOnnx(input.ElementType)?.Name ?? input.ElementType,
                    [.. input.DeclaredShape]),
            ],
            [
                .. OfferedOutput
                    .Of(model, input)
                    .Select(output => new TensorMetadata(output.Name, output.Datatype.Name, output.DeclaredShape)),
            ]);
    }

    /// <summary>Every version that was found, served or not, with the reason where it is not as it should be.</summary>
    public static IReadOnlyList<RepositoryEntry> Index(ModelRepository models, bool readyOnly) =>
    [
        .. models.Index().Where(entry => !readyOnly || entry.State == ModelState.Ready)
            .Select(entry => new RepositoryEntry(entry.Name, entry.Version, StateOf(entry.State), entry.Reason)),
    ];

    private static string StateOf(ModelState state) => state switch
    {
        ModelState.Ready => "READY",
        ModelState.Loading => "LOADING",
        _ => "UNAVAILABLE",
    };
}

/// <summary>The server, and the extensions of the protocol that it supports.</summary>
internal sealed record ServerMetadata(string Name, string Version, IReadOnlyList<string> Extensions);

/// <summary>A model's versions, and the inputs and outputs of the requested version.</summary>
internal sealed record ModelMetadata(
    string Name,
    IReadOnlyList<string> Versions,
    string Platform,
    IReadOnlyList<TensorMetadata> Inputs,
    IReadOnlyList<TensorMetadata> Outputs);

/// <summary>A tensor; −1 in its shape is an open size.</summary>
internal sealed record TensorMetadata(string Name, string Datatype, IReadOnlyList<long> Shape);

/// <summary>One version in the repository.</summary>
internal sealed record RepositoryEntry(string Name, string Version, string State, string Reason);
