namespace SoftmaxService.Tests.Support.Fuzz;

/// <summary>The damaged part of a request.</summary>
public enum FuzzKind
{
    Image,
    Form,
    Json,
    Floats,
    OpenInferenceJson,
    OpenInferenceBinary,
    Grpc,
    Target,
    Header,
    Framing,
    Http2,
}
