using System.Diagnostics.Metrics;
using SoftmaxService.Inference.Batching;

namespace SoftmaxService.Api.Endpoints.Calibrate;

/// <summary>Measures how many calibrations compute, and how many wait for their turn.</summary>
internal sealed class CalibrateMetrics
{
    public CalibrateMetrics(IMeterFactory meters, [FromKeyedServices(CalibrateEndpoint.Gate)] ComputeGate gate)
    {
        var meter = meters.Create(new MeterOptions("SoftmaxService.Api.Calibrate"));
        meter.CreateObservableGauge(
            "softmax.calibrations.running",
            () => gate.InUse,
            "{calibration}",
            "Calibrations of POST /calibrate that compute.");
        meter.CreateObservableGauge(
            "softmax.calibrations.waiting",
            () => gate.Waiting,
            "{calibration}",
            "Calibrations of POST /calibrate that wait for others to end.");
    }
}
