using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Api.Settings;

/// <summary>Section <c>Models</c>: what is served, and how changes of the folder are followed.</summary>
internal sealed class ModelsOptions : IValidatableObject
{
    /// <summary>The repository's folder. Unless said: <c>models</c> beside the program, above it, or in the current folder.</summary>
    public string? Folder { get; set; }

    /// <summary>The model that answers when a request names none. Unless said: <c>mnist</c>, and where there is none the first by name.</summary>
    public string? Default { get; set; }

    /// <summary>Whether new, changed and deleted files are followed while the service runs; true unless said. Without, only what was there at the start is served.</summary>
    public bool Watch { get; set; } = true;

    /// <summary>Seconds between two looks at the folder when nothing was heard of a change, 0.1…3600; 10 unless said.</summary>
    [Range(0.1, 3600)]
    public double PollSeconds { get; set; } = 10;

    /// <summary>Seconds that a version's files must stay the same before they are loaded, 0…3600; 1 unless said.</summary>
    [Range(0.0, 3600)]
    public double SettleSeconds { get; set; } = 1;

    /// <summary>Seconds that the load and warm-up of a version may take before it is given up, 1…86400; 120 unless said.</summary>
    [Range(1.0, 86400)]
    public double LoadSeconds { get; set; } = 120;

    /// <summary>Whether clients may load and unload models over <c>/v2/repository</c>; false unless said.</summary>
    public bool AllowLoadUnload { get; set; }

    /// <summary>Which versions of a model are served, by the model's name: <c>all</c> (unless said), <c>latest:n</c>, or a list such as <c>1,3</c>.</summary>
    public Dictionary<string, string?> Versions { get; set; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var (model, text) in Versions)
        {
            if (PolicyFault(text) is { } fault)
                yield return new ValidationResult($"Models:Versions:{model}: {fault}", [nameof(Versions)]);
        }
    }

    private static string? PolicyFault(string? text)
    {
        try
        {
            VersionPolicy.Parse(text);
            return null;
        }
        catch (FormatException fault)
        {
            return fault.Message;
        }
    }
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

/// <summary>Section <c>Batching</c>: how requests share runs.</summary>
internal sealed class BatchingOptions
{
    /// <summary>The most images that share a run, 1…256; 8 unless said, and 1 switches joining off.</summary>
    [Range(1, 256)]
    public int MaxBatchSize { get; set; } = 8;

    /// <summary>Runs of one model at once, 1…256; as many as there are cores unless said, and of a model that cannot batch four times as many.</summary>
    [Range(1, 256)]
    public int? ConcurrentRuns { get; set; }
}

/// <summary>Section <c>Load</c>: how much is taken on at once, and for how long.</summary>
internal sealed class LoadOptions
{
    /// <summary>The most requests that are answered at once, 1…1,000,000; 256 for each core unless said. More get 429.</summary>
    [Range(1, 1_000_000)]
    public int? MaxRequestsInFlight { get; set; }

    /// <summary>The most images or items of one version of a model that are decoded, wait or run at once, 1…1,000,000; 64 for each core unless said. More get 429.</summary>
    [Range(1, 1_000_000)]
    public int? MaxPendingPerModel { get; set; }

    /// <summary>Seconds that a request may take from its headers to its answer, 0.001…86400; 60 unless said. A request may ask for less. What takes longer gets 504.</summary>
    [Range(0.001, 86400)]
    public double RequestSeconds { get; set; } = 60;
}

/// <summary>Section <c>Shutdown</c>: how the service ends on SIGTERM.</summary>
internal sealed class ShutdownOptions
{
    /// <summary>Seconds that it goes on as before while it says that it is not ready, 0…3600; 5 unless said. As long as load balancers take to see that.</summary>
    [Range(0.0, 3600)]
    public double GraceSeconds { get; set; } = 5;

    /// <summary>Seconds that requests have to finish after that, 0…3600; 25 unless said.</summary>
    [Range(0.0, 3600)]
    public double DrainSeconds { get; set; } = 25;
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

    /// <summary>The most bytes that a compressed body may inflate to, 1…2,000,000,000; 10 MiB unless said.</summary>
    [Range(1, 2_000_000_000)]
    public int MaxDecompressedBytes { get; set; } = 10 * 1024 * 1024;

    /// <summary>The most logits in one request, 1…500,000,000; unless said 2,621,440, which are 10 MiB of 32-bit floats.</summary>
    [Range(1, 500_000_000)]
    public int MaxLogitsPerRequest { get; set; } = 10 * 1024 * 1024 / sizeof(float);

    /// <summary>
    /// The most bytes that an answer may have, 1024…2,000,000,000, judged by the most that its numbers and labels can take; unless said 128 MiB,
    /// which hold the JSON of all the logits that a request may have.
    /// </summary>
    [Range(1024, 2_000_000_000)]
    public long MaxResponseBytes { get; set; } = 128 * 1024 * 1024;

    /// <summary>The most levels that JSON may be nested, 4…64; 32 unless said.</summary>
    [Range(4, OpenInference.JsonElements.MaxDepth)]
    public int MaxJsonDepth { get; set; } = 32;

    /// <summary>The most bytes of a request's first line, which holds its path and query, 256…1,048,576; 8192 unless said.</summary>
    [Range(256, 1_048_576)]
    public int MaxRequestLineBytes { get; set; } = 8192;

    /// <summary>The most headers of a request, 8…10,000; 100 unless said.</summary>
    [Range(8, 10_000)]
    public int MaxHeaders { get; set; } = 100;

    /// <summary>The most bytes of all headers of a request, 1024…1,048,576; 32 KiB unless said.</summary>
    [Range(1024, 1_048_576)]
    public int MaxHeaderBytes { get; set; } = 32 * 1024;

    /// <summary>The most connections at once, 1…1,000,000; 10,000 unless said.</summary>
    [Range(1, 1_000_000)]
    public int MaxConnections { get; set; } = 10_000;

    /// <summary>Seconds that a request's headers may take to come, 1…600; 10 unless said.</summary>
    [Range(1.0, 600)]
    public double HeadersSeconds { get; set; } = 10;

    /// <summary>Seconds that a connection may idle between two requests, 1…86,400; unless said 130, longer than load balancers keep theirs, so that it is they who close.</summary>
    [Range(1.0, 86_400)]
    public double KeepAliveSeconds { get; set; } = 130;

    /// <summary>Bytes a second that a body must come with on average, 0…1,000,000,000; 1024 unless said, and 0 for any.</summary>
    [Range(0.0, 1e9)]
    public double MinRequestBytesPerSecond { get; set; } = 1024;

    /// <summary>Bytes a second that an answer must be taken with on average, 0…1,000,000,000; 1024 unless said, and 0 for any.</summary>
    [Range(0.0, 1e9)]
    public double MinResponseBytesPerSecond { get; set; } = 1024;

    /// <summary>Seconds before the two rates count, 1.1…600; 5 unless said.</summary>
    [Range(1.1, 600)]
    public double RateGraceSeconds { get; set; } = 5;
}

[OptionsValidator]
internal sealed partial class ModelsOptionsValidator : IValidateOptions<ModelsOptions>;

[OptionsValidator]
internal sealed partial class OnnxOptionsValidator : IValidateOptions<OnnxOptions>;

[OptionsValidator]
internal sealed partial class BatchingOptionsValidator : IValidateOptions<BatchingOptions>;

[OptionsValidator]
internal sealed partial class LoadOptionsValidator : IValidateOptions<LoadOptions>;

[OptionsValidator]
internal sealed partial class ShutdownOptionsValidator : IValidateOptions<ShutdownOptions>;

[OptionsValidator]
internal sealed partial class LimitsOptionsValidator : IValidateOptions<LimitsOptions>;
