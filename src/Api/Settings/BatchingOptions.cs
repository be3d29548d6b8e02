using Microsoft.Extensions.Options;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Api.Settings;

/// <summary>Section <c>Batching</c>: how requests share runs.</summary>
internal sealed class BatchingOptions
{
    /// <summary>The most images that share a run; 1 switches joining off.</summary>
    [SettingRange(1, 256)]
    public int MaxBatchSize { get; set; } = new ModelSettings().MaxBatchSize;

    /// <summary>
    /// Runs of one model at once. Defaults to the number of cores, and to four times as many for a model that cannot
    /// batch.
    /// </summary>
    [SettingRange(1, 256)]
    public int? ConcurrentRuns { get; set; }
}

[OptionsValidator]
internal sealed partial class BatchingOptionsValidator : IValidateOptions<BatchingOptions>;
