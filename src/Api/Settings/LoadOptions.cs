using Microsoft.Extensions.Options;

namespace SoftmaxService.Api.Settings;

/// <summary>Section <c>Load</c>: how much is admitted at once, and for how long.</summary>
internal sealed class LoadOptions
{
    /// <summary>The most requests that are answered at once; more get 429. Defaults to 256 per core.</summary>
    [SettingRange(1, 1_000_000)]
    public int? MaxRequestsInFlight { get; set; }

    /// <summary>
    /// The most images or items of one version of a model that are decoded, wait or run at once; more get 429. Defaults
    /// to 64 per core.
    /// </summary>
    [SettingRange(1, 1_000_000)]
    public int? MaxPendingPerModel { get; set; }

    /// <summary>
    /// The most bytes for decoding images, all of them together; more wait. Defaults to two fifths of the memory that
    /// the process may have.
    /// </summary>
    [SettingRange(1_000_000, 1_000_000_000_000)]
    public long? MaxDecodeBytes { get; set; }

    /// <summary>
    /// The most bytes for the bodies of requests in flight, all of them together; more get 429, and a body that could
    /// never fit 413. Defaults to a fifth of the memory that the process may have.
    /// </summary>
    [SettingRange(1_000_000, 1_000_000_000_000)]
    public long? MaxBodyBytes { get; set; }

    /// <summary>
    /// Seconds that a request may take from its headers to its answer; then it gets 504. A request may ask for less.
    /// </summary>
    [SettingRange(0.001, 86400)]
    public double RequestSeconds { get; set; } = 60;
}

[OptionsValidator]
internal sealed partial class LoadOptionsValidator : IValidateOptions<LoadOptions>;
