using System.Diagnostics.Metrics;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Batching;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Api.Load;

/// <summary>
/// Measures how many requests are in flight, what they take of the memory that they share, and whether the service is
/// ready.
/// </summary>
internal sealed class LoadMetrics
{
    public LoadMetrics(
        IMeterFactory meters, Readiness readiness, Workload workload, BodyBudget bodies, BodyGate largeBodies,
        ModelRepository models)
    {
        var meter = meters.Create(new MeterOptions("SoftmaxService.Api.Load"));
        meter.CreateObservableGauge(
            "softmax.requests.in_flight",
            () => workload.InFlight,
            "{request}",
            "Requests in flight, except probes and pages: those that the setting Load:MaxRequestsInFlight limits.");
        meter.MeasureGate(
            "softmax.large_bodies",
            "{request}",
            "Inflations and parses of large bodies",
            () => largeBodies.InUse,
            () => largeBodies.Waiting);
        meter.CreateObservableGauge(
            "softmax.ready", () => readiness.IsReady ? 1 : 0, null, "1 while the service is ready, else 0.");

        var decoding = models.Settings.Model.DecodeMemory;
        Measurement<long>[] Each(Func<ByteBudget, long> value) =>
        [
            new(value(bodies.Bytes), new KeyValuePair<string, object?>("budget", "bodies")),
            new(value(decoding), new KeyValuePair<string, object?>("budget", "decoding")),
        ];
        meter.CreateObservableGauge(
            "softmax.budget.limit",
            () => Each(budget => budget.Total),
            "By",
            "Memory for the bodies and answers of requests in flight, and for decoding images: the settings "
            + "Load:MaxBodyBytes and Load:MaxDecodeBytes.");
        meter.CreateObservableGauge(
            "softmax.budget.usage", () => Each(budget => budget.Reserved), "By", "Memory of it that is reserved now.");
        meter.CreateObservableGauge(
            "softmax.budget.waiting",
            () => new Measurement<long>[]
            {
                new(bodies.Waiting, new KeyValuePair<string, object?>("budget", "bodies")),
                new(decoding.Waiting, new KeyValuePair<string, object?>("budget", "decoding")),
            },
            "{request}",
            "Bodies and images that wait for memory.");
        meter.CreateObservableCounter(
            "softmax.budget.rejections",
            () => Each(budget => budget.Rejections),
            "{rejection}",
            "Bodies and answers rejected because too little memory was free, and images that need more than there is "
            + "for all.");
    }
}
