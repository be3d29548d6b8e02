using System.Diagnostics.Metrics;

namespace SoftmaxService.Api.Load;

/// <summary>Measures how many requests are in flight, and whether the service is ready.</summary>
internal sealed class LoadMetrics
{
    public LoadMetrics(IMeterFactory meters, Readiness readiness, Workload workload)
    {
        var meter = meters.Create(new MeterOptions("SoftmaxService.Api.Load"));
        meter.CreateObservableGauge(
            "softmax.requests.in_flight",
            () => workload.InFlight,
            "{request}",
            "Requests in flight, except probes and pages: those that the setting Load:MaxRequestsInFlight limits.");
        meter.CreateObservableGauge(
            "softmax.ready", () => readiness.IsReady ? 1 : 0, null, "1 while the service is ready, else 0.");
    }
}
