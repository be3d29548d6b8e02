using Microsoft.Extensions.Options;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Api.Settings;

/// <summary>Section <c>Onnx</c>: how models run.</summary>
internal sealed class OnnxOptions
{
    /// <summary>Threads inside one run. One, since parallel requests use the cores better.</summary>
    [SettingRange(1, 256)]
    public int IntraOpThreads { get; set; } = new OnnxSettings().IntraOpThreads;
}

[OptionsValidator]
internal sealed partial class OnnxOptionsValidator : IValidateOptions<OnnxOptions>;
