using SoftmaxService.Api.Wire;

namespace SoftmaxService.Api.Endpoints.Logits;

/// <summary>The JSON body of <c>POST /softmax/gradient</c>; it has a target or an upstream gradient.</summary>
internal sealed record SoftmaxGradientRequest
{
    public required LogitRows Logits { get; init; }

    public TemperatureRows? Temperature { get; init; }

    public TargetRows? Target { get; init; }

    public UpstreamRows? Upstream { get; init; }
}
