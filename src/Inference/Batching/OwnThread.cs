namespace SoftmaxService.Inference.Batching;

/// <summary>
/// Runs what takes long on a thread of its own. The thread pool has one per core at first, and adds others slowly:
/// there it would hold up every request.
/// </summary>
public static class OwnThread
{
    // What follows is short, and belongs on the pool.
    private const TaskCreationOptions Options =
        TaskCreationOptions.LongRunning | TaskCreationOptions.RunContinuationsAsynchronously;

    /// <summary>Starts a thread for a computation.</summary>
    /// <param name="compute">The computation; call it where a gate or a lock limits how many there are.</param>
    /// <returns>Ends with the computation: with its result, or with what it threw.</returns>
    public static Task<T> RunAsync<T>(Func<T> compute) =>
        Task.Factory.StartNew(compute, CancellationToken.None, Options, TaskScheduler.Default);

    /// <inheritdoc cref="RunAsync{T}"/>
    public static Task RunAsync(Action compute) =>
        Task.Factory.StartNew(compute, CancellationToken.None, Options, TaskScheduler.Default);
}
