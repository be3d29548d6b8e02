using System.Runtime;
using SoftmaxService.Api.Wire;

namespace SoftmaxService.Api.Load;

/// <summary>
/// Gives memory back to the system once the process is quiet after a burst. Left alone, the runtime keeps what a burst
/// took until its next full collection, for which a few small requests give no reason.
/// </summary>
internal sealed class MemoryReturn(TimeProvider time) : BackgroundService
{
    // A full collection takes tens of milliseconds, which nobody waits for where this share of a core is in use.
    private const double QuietShare = 0.2;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(3);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        await using var end = stoppingToken.Register(timer.Dispose); // ends the loop, without an exception
        var (schedule, computed) = (new MemoryReturnSchedule(Environment.WorkingSet), Computed());
        while (await timer.WaitForNextTickAsync(CancellationToken.None))
        {
            var before = computed;
            computed = Computed();
            if (computed - before < QuietShare * Period && schedule.IsDue(Environment.WorkingSet))
            {
                Return();
                schedule.Tried(Environment.WorkingSet);
                computed = Computed();
            }
        }
    }

    private static TimeSpan Computed() => Environment.CpuUsage.TotalTime;

    private static void Return()
    {
        PooledBody.ReleaseBuffers();
        GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }
}
