using System.Runtime.InteropServices;

namespace SoftmaxService.Benchmarks;

/// <summary>
/// Keeps the racing thread on one processor, so that its caches stay its own. Only the thread: a process confined to
/// one processor would wait ten times as long before it compiles the next tier.
/// </summary>
internal static partial class OneProcessor
{
    public static void Pin()
    {
        if (!OperatingSystem.IsLinux() || Environment.ProcessorCount is < 2 or > 64)
        {
            return;
        }

        var last = 1ul << (Environment.ProcessorCount - 1);
        // 0 is the calling thread; where it is refused, the race is only noisier
        _ = SetAffinity(0, sizeof(ulong), in last);
    }

    [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
    private static partial int SetAffinity(int thread, nuint size, in ulong mask);
}
