using System.Runtime.InteropServices;

namespace SoftmaxService.Inference.Onnx;

/// <summary>The C library's heap, in which ONNX Runtime parses and optimizes graphs.</summary>
internal static partial class NativeHeap
{
    // mallopt's M_ARENA_MAX, M_MMAP_THRESHOLD and M_TRIM_THRESHOLD.
    private const int ArenaMax = -8;
    private const int MmapThreshold = -3;
    private const int TrimThreshold = -1;

    private const int LargeBytes = 4 << 20;

    /// <summary>
    /// Keeps the heap from growing with images of different sizes. Threads share one arena per core, where glibc would
    /// make eight per core; and large blocks are returned to the system when they are freed, where glibc would keep up
    /// to 32 MB.
    /// </summary>
    public static void Bound()
    {
        if (!OperatingSystem.IsLinux() || Environment.GetEnvironmentVariable("MALLOC_ARENA_MAX") is not null)
        {
            return; // the user has decided
        }

        try
        {
            _ = SetOption(ArenaMax, Environment.ProcessorCount);
            _ = SetOption(MmapThreshold, LargeBytes);
            _ = SetOption(TrimThreshold, LargeBytes);
        }
        catch (EntryPointNotFoundException)
        {
            // musl has a single heap.
        }
    }

    /// <summary>
    /// Returns pages that a load has used and freed to the system. By itself, glibc keeps pages below others that are
    /// in use.
    /// </summary>
    public static void Trim()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        try
        {
            _ = Trim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // musl has no such function and does not need it.
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetOption(int option, int value);

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint pad);
}
