using System.Diagnostics.Metrics;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Batching;

namespace SoftmaxService.Api.Endpoints.Calibrate;

/// <summary>Measures how many calibrations compute, and how many wait for their turn.</summary>
internal sealed class CalibrateMetrics
{
    public CalibrateMetrics(IMeterFactory meters, [FromKeyedServices(CalibrateEndpoint.Gate)] ComputeGate gate)
    {
        meters.Create(new MeterOptions("SoftmaxService.Api.Calibrate")).MeasureGate(
            "softmax.calibrations",
            "{calibration}",
            "Calibrations of POST /calibrate",
            () => gate.InUse,
            () => gate.Waiting);
    }
}
