using SoftmaxService.Inference.Batching;

namespace SoftmaxService.Api.Models.Probing;

/// <summary>
/// How much memory probes may take. By default they share what the container's limit leaves beside this process and
/// what requests may still take of it, for Kubernetes ends all processes of a container that exceeds it, not just the
/// probe.
/// </summary>
/// <param name="Total">The memory of the machine, or three quarters of the container's limit.</param>
/// <param name="Used">What this process uses of it.</param>
/// <param name="Promised">What requests may still take of it.</param>
internal readonly record struct ProbeMemory(long Total, long Used, long Promised)
{
    // Two, so that a model that takes long does not hold up all others.
    private const int MostAtOnce = 2;

    // Where there is less for each of two, one probe gets all of it.
    private const long Ample = 512L << 20;

    // ResNet-50, which has 102 MB, needs 308 MiB.
    private const long Ordinary = 384L << 20;

    // Less does not even start the runtimes.
    private const long Least = 128L << 20;

    private long Spare => Total - Used - Promised;

    // With the last quarter of the container's limit.
    private long Free => Total + (Total / 3) - Used;

    /// <summary>The memory now.</summary>
    /// <param name="budgets">What requests may take.</param>
    public static ProbeMemory Of(IEnumerable<ByteBudget> budgets) => new(
        OfAll(), Environment.WorkingSet, budgets.Sum(budget => budget.Total - budget.Reserved));

    /// <summary>How many probes may run at once.</summary>
    /// <param name="memory">The memory for all of them.</param>
    /// <param name="cores">How many cores there are.</param>
    public static int PlacesIn(ProbeMemory memory, int cores) =>
        (int)Math.Clamp(memory.Spare / Ample, 1, Math.Clamp(cores, 1, MostAtOnce));

    /// <summary>
    /// The memory of one probe. An ordinary model is probed wherever there is room for it now, even if requests that
    /// come meanwhile find less than they were promised.
    /// </summary>
    /// <param name="memory">The memory for all of them.</param>
    /// <param name="places">How many may run at once.</param>
    public static long BytesIn(ProbeMemory memory, int places) =>
        Math.Max(Math.Max(memory.Spare / places, Math.Min(memory.Free, Ordinary)), Least);

    /// <summary>The memory of the machine, or three quarters of the container's limit.</summary>
    public static long OfAll() => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
}
