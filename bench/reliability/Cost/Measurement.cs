using System.Diagnostics;
using SoftmaxService.HttpBenchmarks;
using SoftmaxService.ReliabilityBenchmarks.Load;

namespace SoftmaxService.ReliabilityBenchmarks.Cost;

/// <summary>What an attack did.</summary>
/// <param name="Attack">The attack.</param>
/// <param name="Answers">What the attackers got.</param>
/// <param name="CpuSeconds">Of the service, until its memory had come back.</param>
/// <param name="PeakMegabytes">Of the control group.</param>
/// <param name="Milliseconds">What the other client waited, sorted.</param>
/// <param name="WitnessFailures">How often it got anything but 200.</param>
/// <param name="BeforeMegabytes">Resident before the attack.</param>
/// <param name="AfterMegabytes">Resident after it.</param>
/// <param name="Faults">The goals that were missed, in words; empty if none was.</param>
internal sealed record Outcome(
    Attack Attack,
    string Answers,
    double CpuSeconds,
    double PeakMegabytes,
    double[] Milliseconds,
    int WitnessFailures,
    double BeforeMegabytes,
    double AfterMegabytes,
    string Faults);

/// <summary>One attack, beside another client.</summary>
internal static class Measurement
{
    public const double LongestWait = 250;
    public const double LargestGrowth = 1.1;
    public static readonly TimeSpan LongestRecovery = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(250);

    public static async Task<Outcome> RunAsync(
        ServiceProcess service, MemoryGroup group, Attack attack, string modelFolder, TimeSpan time)
    {
        var image = await File.ReadAllBytesAsync(Path.Combine(AppContext.BaseDirectory, "seven.png"));
        using var target = new Target(service.Address, modelFolder);
        using var witness = new Witness(service.Address, image);
        await Task.Delay(Poll);
        group.ForgetPeak();
        var (cpu, before, faultsBefore) = (service.CpuTime, service.Resources.Megabytes, service.LoggedFaults);
        using (var end = new CancellationTokenSource(time))
        {
            await attack.SendAsync(target, end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        witness.StopCounting();
        var clock = Stopwatch.StartNew();
        var after = double.PositiveInfinity;
        while (after > LargestGrowth * before && clock.Elapsed < LongestRecovery && !service.HasExited)
        {
            await Task.Delay(Poll);
            after = service.HasExited ? double.NaN : service.Resources.Megabytes;
        }

        var (waits, statuses) = (witness.Milliseconds, target.Answers.Keys);
        var p99 = OpenLoop.Quantile(waits, 0.99);
        var has500 = service.LoggedFaults > faultsBefore || statuses.Contains(500) || witness.Failures.Contains("500");
        string[] faults =
        [
            .. service.HasExited ? ["the process ENDED"] : (string[])[],
            .. has500 ? ["500"] : (string[])[],
            .. !(p99 <= LongestWait) ? ["p99"] : (string[])[],
            .. witness.Failures.Count > 0 ? ["the other client's answers"] : (string[])[],
            .. !service.HasExited && after > LargestGrowth * before ? ["memory"] : (string[])[],
        ];
        return new Outcome(
            attack,
            target.AnswersInWords,
            service.HasExited ? double.NaN : (service.CpuTime - cpu).TotalSeconds,
            group.PeakMegabytes,
            waits,
            witness.Failures.Count,
            before,
            after,
            string.Join(", ", faults));
    }
}
