using System.Runtime.InteropServices;

namespace SoftmaxService.Inference.Onnx;

/// <summary>The C library's heap, where ONNX Runtime parses and optimises graphs.</summary>
internal static partial class NativeHeap
{
    // mallopt's M_ARENA_MAX, M_MMAP_THRESHOLD and M_TRIM_THRESHOLD.
    private const int ArenaMax = -8;
    private const int MmapThreshold = -3;
    private const int TrimThreshold = -1;

    private const int LargeBytes = 4 << 20;

    /// <summary>
    /// Keeps what images of every size leave behind in the heap from adding up: threads share as many arenas as there are cores, where glibc would make eight times as many,
    /// and what is large goes back to the system when it is freed, where glibc would keep up to 32 MB of it for the next.
    /// </summary>
    public static void Bound()
    {
        if (!OperatingSystem.IsLinux() || Environment.GetEnvironmentVariable("MALLOC_ARENA_MAX") is not null)
            return; // where it is set, somebody has decided
        try
        {
            _ = SetOption(ArenaMax, Environment.ProcessorCount);
            _ = SetOption(MmapThreshold, LargeBytes);
            _ = SetOption(TrimThreshold, LargeBytes);
        }
        catch (EntryPointNotFoundException)
        {
            // musl has one heap for all.
        }
    }

    /// <summary>Gives pages that a load has used and freed back to the system: of its own accord glibc keeps those that lie below others in use.</summary>
    public static void Trim()
    {
        if (!OperatingSystem.IsLinux())
            return;
        try
        {
            _ = Trim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // musl has no such function, and no need of it.
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetOption(int option, int value);

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint pad);
}
