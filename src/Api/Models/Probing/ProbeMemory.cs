namespace SoftmaxService.Api.Models.Probing;

/// <summary>
/// How much memory probes may take. By default they share what the container's limit leaves beside this process, for
/// Kubernetes ends all processes of a container that exceeds it, not just the probe.
/// </summary>
internal static class ProbeMemory
{
    // Two, so that a model that takes long does not hold up all others.
    private const int MostAtOnce = 2;

    // Enough for models of some 100 MB. Where there is less for each of two, one probe gets all of it.
    private const long Ample = 512L << 20;

    // Less does not even start the runtimes.
    private const long Least = 128L << 20;

    /// <summary>How many probes may run at once.</summary>
    /// <param name="free">The memory for all of them.</param>
    /// <param name="cores">How many cores there are.</param>
    public static int PlacesIn(long free, int cores) =>
        (int)Math.Clamp(free / Ample, 1, Math.Clamp(cores, 1, MostAtOnce));

    /// <summary>The memory of one probe.</summary>
    /// <param name="free">The memory for all of them.</param>
    /// <param name="places">How many may run at once.</param>
    public static long BytesIn(long free, int places) => Math.Max(free / places, Least);

    /// <summary>The memory of the machine, or three quarters of the container's limit.</summary>
    public static long Total() => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>The memory of it that this process does not use.</summary>
    public static long Free() => Total() - Environment.WorkingSet;
}
