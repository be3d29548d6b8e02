using System.Diagnostics.Metrics;
using SoftmaxService.Inference.Batching;

namespace SoftmaxService.Api.Endpoints.Logits;

/// <summary>Measures how many large requests for softmax compute, and how many wait for their turn.</summary>
internal sealed class LargeLogitsMetrics
{
    public LargeLogitsMetrics(IMeterFactory meters, [FromKeyedServices(LogitsCost.LargeGate)] ComputeGate gate)
    {
        var meter = meters.Create(new MeterOptions("SoftmaxService.Api.Logits"));
        meter.CreateObservableGauge(
            "softmax.large_logits.running",
            () => gate.InUse,
            "{request}",
            "Large requests of POST /softmax and /softmax/gradient that compute.");
        meter.CreateObservableGauge(
            "softmax.large_logits.waiting",
            () => gate.Waiting,
            "{request}",
            "Large requests of POST /softmax and /softmax/gradient that wait for others to end.");
    }
}
