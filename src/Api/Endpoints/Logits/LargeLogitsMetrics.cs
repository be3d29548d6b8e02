using System.Diagnostics.Metrics;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Batching;

namespace SoftmaxService.Api.Endpoints.Logits;

/// <summary>Measures how many large requests for softmax compute, and how many wait for their turn.</summary>
internal sealed class LargeLogitsMetrics
{
    public LargeLogitsMetrics(IMeterFactory meters, [FromKeyedServices(LogitsCost.LargeGate)] ComputeGate gate)
    {
        meters.Create(new MeterOptions("SoftmaxService.Api.Logits")).MeasureGate(
            "softmax.large_logits",
            "{request}",
            "Large requests of POST /softmax and /softmax/gradient",
            () => gate.InUse,
            () => gate.Waiting);
    }
}
