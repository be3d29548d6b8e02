using System.Runtime.InteropServices;

namespace SoftmaxService.Api.Processes;

/// <summary>
/// Limits that a process sets itself, for good. Only Linux has all of them; other systems set none, and there only the
/// process that waits limits the time.
/// </summary>
internal static partial class ProcessLimits
{
    // From <asm-generic/resource.h>.
    private const int ProcessorSeconds = 0;
    private const int WritableMemory = 2;
    private const int CoreFile = 4;

    /// <summary>Sets the limits.</summary>
    /// <param name="memoryBytes">
    /// The most private memory that may be written. Allocations fail beyond it. Memory that is only reserved, of which
    /// the runtime takes much, does not count.
    /// </param>
    /// <param name="processorTime">
    /// Processor time, of all threads together, after which the system ends the process; null for no limit.
    /// </param>
    public static void Apply(long memoryBytes, TimeSpan? processorTime = null)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        if (processorTime is { } time)
        {
            Set(ProcessorSeconds, (long)time.TotalSeconds);
        }

        Set(WritableMemory, memoryBytes);
        Set(CoreFile, 0);
        BeTheFirstToGo();
    }

    /// <summary>
    /// Has the system end the process once it has taken so much more processor time, to the next second. A later call
    /// sets it anew, within the limit of <see cref="Apply"/>.
    /// </summary>
    /// <param name="more">Of all threads together.</param>
    public static void LimitProcessorTime(TimeSpan more)
    {
        if (OperatingSystem.IsLinux() && Read(ProcessorSeconds, out var limit) == 0)
        {
            var seconds = Math.Ceiling((Environment.CpuUsage.TotalTime + more).TotalSeconds);
            _ = Write(ProcessorSeconds, limit with { Soft = Math.Min((nuint)seconds, limit.Hard) });
        }
    }

    /// <summary>Where memory runs short, the kernel ends this process before all others.</summary>
    private static void BeTheFirstToGo()
    {
        try
        {
            File.WriteAllText("/proc/self/oom_score_adj", "1000");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // The limit of memory remains.
        }
    }

    private static void Set(int resource, long value)
    {
        // A container may have set a lower one, which must not be raised.
        var both = new Limit((nuint)value, (nuint)value);
        if (Read(resource, out var old) == 0 && old.Hard < both.Hard)
        {
            both = new Limit(old.Hard, old.Hard);
        }

        _ = Write(resource, both);
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int Read(int resource, out Limit limit);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int Write(int resource, in Limit limit);

    /// <summary>The kernel's <c>struct rlimit</c>; the largest number is no limit.</summary>
    private readonly record struct Limit(nuint Soft, nuint Hard);
}
