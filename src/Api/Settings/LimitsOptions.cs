using Microsoft.Extensions.Options;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Api.Settings;

/// <summary>Section <c>Limits</c>: what a request may cost.</summary>
internal sealed class LimitsOptions
{
    /// <summary>As deep as <see cref="MaxJsonDepth"/> may go.</summary>
    public const int DeepestJson = 64;

    /// <summary>The most bytes of a request's body.</summary>
    [SettingRange(1, 2_000_000_000)]
    public int MaxRequestBodyBytes { get; set; } = 10 * 1024 * 1024;

    /// <summary>The most pixels (width × height) that an image's header may declare.</summary>
    [SettingRange(1, 1_000_000_000)]
    public long MaxImagePixels { get; set; } = ImagePreprocessor.DefaultMaxPixels;

    /// <summary>The most images in one request.</summary>
    [SettingRange(1, 100_000)]
    public int MaxImagesPerRequest { get; set; } = 256;

    /// <summary>The most bytes that a compressed body may inflate to.</summary>
    [SettingRange(1, 2_000_000_000)]
    public int MaxDecompressedBytes { get; set; } = 10 * 1024 * 1024;

    /// <summary>The most logits in one request: as many 32-bit floats as a body of the default size holds.</summary>
    [SettingRange(1, 500_000_000)]
    public int MaxLogitsPerRequest { get; set; } = 10 * 1024 * 1024 / sizeof(float);

    /// <summary>
    /// The most bytes of an answer, judged by the most that its numbers and labels can take. The default holds the JSON
    /// of all the logits that a request may have.
    /// </summary>
    [SettingRange(1024, 2_000_000_000)]
    public long MaxResponseBytes { get; set; } = 128 * 1024 * 1024;

    /// <summary>The most levels that JSON may be nested.</summary>
    [SettingRange(4, DeepestJson)]
    public int MaxJsonDepth { get; set; } = 32;

    /// <summary>The most bytes of a request's first line, which holds its path and query.</summary>
    [SettingRange(256, 1_048_576)]
    public int MaxRequestLineBytes { get; set; } = 8192;

    /// <summary>The most headers of a request.</summary>
    [SettingRange(8, 10_000)]
    public int MaxHeaders { get; set; } = 100;

    /// <summary>The most bytes of all headers of a request.</summary>
    [SettingRange(1024, 1_048_576)]
    public int MaxHeaderBytes { get; set; } = 32 * 1024;

    /// <summary>
    /// The most connections of an address at once. Defaults to 10,000, or to fewer where the process may not open so
    /// many files.
    /// </summary>
    [SettingRange(1, 1_000_000)]
    public int? MaxConnections { get; set; }

    /// <summary>Seconds that a request's headers may take to arrive.</summary>
    [SettingRange(1, 600)]
    public double HeadersSeconds { get; set; } = 10;

    /// <summary>
    /// Seconds that a connection may idle between two requests: longer than load balancers keep theirs, so that they
    /// close first.
    /// </summary>
    [SettingRange(1, 86_400)]
    public double KeepAliveSeconds { get; set; } = 130;

    /// <summary>Bytes per second with which a body must arrive on average; 0 allows any rate.</summary>
    [SettingRange(0, 1_000_000_000)]
    public double MinRequestBytesPerSecond { get; set; } = 1024;

    /// <summary>Bytes per second with which a client must take its answer on average; 0 allows any rate.</summary>
    [SettingRange(0, 1_000_000_000)]
    public double MinResponseBytesPerSecond { get; set; } = 1024;

    /// <summary>Seconds before the two rates count.</summary>
    [SettingRange(1.1, 600)]
    public double RateGraceSeconds { get; set; } = 5;
}

[OptionsValidator]
internal sealed partial class LimitsOptionsValidator : IValidateOptions<LimitsOptions>;
