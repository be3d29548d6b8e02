using System.Runtime;
using SoftmaxService.Api.Wire;

namespace SoftmaxService.Api.Load;

/// <summary>
/// Gives memory back to the system once the process is quiet after a burst. Left alone, the runtime keeps what a burst
/// took until its next full collection, for which a few small requests give no reason.
/// </summary>
internal sealed class MemoryReturn(TimeProvider time) : BackgroundService
{
    private const long WorthwhileBytes = 16 << 20;

    // A full collection takes tens of milliseconds, which nobody waits for where this share of a core is in use.
    private const double QuietShare = 0.2;

    // Pools give back what they hold some seconds after it was last used.
    private const int MaxTries = 5;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(3);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        await using var end = stoppingToken.Register(timer.Dispose); // ends the loop, without an exception
        var (inUse, computed, tries) = (Environment.WorkingSet, Computed(), 0);
        while (await timer.WaitForNextTickAsync(CancellationToken.None))
        {
            var before = computed;
            computed = Computed();
            if (Environment.WorkingSet <= inUse + WorthwhileBytes)
            {
                tries = 0;
            }
            else if (computed - before < QuietShare * Period)
            {
                Return();
                (tries, computed) = (tries + 1, Computed());
            }

            // What stays after several tries is in use.
            (inUse, tries) = tries < MaxTries
                ? (Math.Min(inUse, Environment.WorkingSet), tries)
                : (Environment.WorkingSet, 0);
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
