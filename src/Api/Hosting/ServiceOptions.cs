using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace SoftmaxService.Api.Hosting;

/// <summary>Section <c>Models</c>: what is served.</summary>
internal sealed class ModelsOptions
{
    /// <summary>The repository's folder. Unless said: <c>models</c> beside the program, above it, or in the current folder.</summary>
    public string? Folder { get; set; }

    /// <summary>The model that answers when a request names none. Unless said: <c>mnist</c>, and where there is none the first by name.</summary>
    public string? Default { get; set; }

    /// <summary>Whether <c>/v2/repository</c> and its gRPC counterpart may load and unload models; false unless said.</summary>
    public bool AllowLoadUnload { get; set; }
}

/// <summary>Section <c>Grpc</c>: where gRPC listens.</summary>
internal sealed class GrpcOptions
{
    /// <summary>The address, with a port that is its own: <c>http://localhost:5001</c> unless said, and empty for no gRPC.</summary>
    public string Url { get; set; } = "http://localhost:5001";
}

/// <summary>Section <c>Onnx</c>: how models run.</summary>
internal sealed class OnnxOptions
{
    /// <summary>Threads inside one run, 1…256; 1 unless said, since parallel requests use the cores better.</summary>
    [Range(1, 256)]
    public int IntraOpThreads { get; set; } = 1;
}

/// <summary>Section <c>Limits</c>: what a request may cost.</summary>
internal sealed class LimitsOptions
{
    /// <summary>The most bytes of a request's body, 1…2,000,000,000; 10 MiB unless said.</summary>
    [Range(1, 2_000_000_000)]
    public int MaxRequestBodyBytes { get; set; } = 10 * 1024 * 1024;

    /// <summary>The most pixels (width × height) that an image's header may declare, 1…1,000,000,000; 40 million unless said.</summary>
    [Range(1, 1_000_000_000)]
    public long MaxImagePixels { get; set; } = 40_000_000;

    /// <summary>The most images in one request, 1…100,000; 256 unless said.</summary>
    [Range(1, 100_000)]
    public int MaxImagesPerRequest { get; set; } = 256;
}

[OptionsValidator]
internal sealed partial class OnnxOptionsValidator : IValidateOptions<OnnxOptions>;

[OptionsValidator]
internal sealed partial class LimitsOptionsValidator : IValidateOptions<LimitsOptions>;
