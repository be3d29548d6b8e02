using System.Globalization;

namespace SoftmaxService.ReliabilityBenchmarks;

/// <summary>
/// glibc's checks of the native heap: a write outside a block ends the process once the block is freed.
/// </summary>
internal static class HeapCheck
{
    /// <summary>The environment of a process whose heap is checked and whose fresh memory is filled.</summary>
    /// <param name="fill">The byte that fresh memory is filled with, inverted.</param>
    public static Dictionary<string, string> Environment(int fill) => new()
    {
        ["LD_PRELOAD"] = "libc_malloc_debug.so.0",
        ["MALLOC_CHECK_"] = "3",
        ["GLIBC_TUNABLES"] = "glibc.malloc.check=3",
        ["MALLOC_PERTURB_"] = fill.ToString(CultureInfo.InvariantCulture),
        ["DOTNET_DbgEnableMiniDump"] = "0",
    };
}
