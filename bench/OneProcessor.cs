using System.Runtime.InteropServices;

namespace SoftmaxService.Benchmarks;

/// <summary>
/// Pins the racing thread to one processor, so that its data stay in that processor's caches. It does not pin the
/// process, which would then wait ten times as long before it compiles the next tier.
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
        // 0 is the calling thread. If the call is rejected, the race is only noisier.
        _ = SetAffinity(0, sizeof(ulong), in last);
    }

    [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
    private static partial int SetAffinity(int thread, nuint size, in ulong mask);
}
