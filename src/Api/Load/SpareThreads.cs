namespace SoftmaxService.Api.Load;

/// <summary>
/// Lets the thread pool begin with more threads than cores. A model's run takes a thread of it for as long as it lasts:
/// with all of them in runs, other requests would wait half a second and more until the pool adds one.
/// </summary>
internal static class SpareThreads
{
    /// <summary>How many there are beyond one for each core.</summary>
    public const int Count = 2;

    public static void Reserve()
    {
        ThreadPool.GetMinThreads(out var workers, out var completions);
        ThreadPool.SetMinThreads(Math.Max(workers, Environment.ProcessorCount + Count), completions);
    }
}
