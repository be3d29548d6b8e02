using System.Diagnostics.Metrics;

namespace SoftmaxService.Api.Wire;

/// <summary>Shows what a gate lets through and what it holds back.</summary>
internal static class GateGauges
{
    /// <param name="meter">Measures it.</param>
    /// <param name="name">The beginning of both gauges' names.</param>
    /// <param name="unit">What is counted.</param>
    /// <param name="what">The same in words, for the gauges' help.</param>
    /// <param name="running">How many have a permit.</param>
    /// <param name="waiting">How many wait for one.</param>
    public static void MeasureGate(
        this Meter meter, string name, string unit, string what, Func<int> running, Func<int> waiting)
    {
        meter.CreateObservableGauge($"{name}.running", running, unit, $"{what} that compute.");
        meter.CreateObservableGauge($"{name}.waiting", waiting, unit, $"{what} that wait for others to end.");
    }
}
