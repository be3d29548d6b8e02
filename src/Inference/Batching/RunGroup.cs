using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Batching;

/// <summary>
/// Items that are queued together. Disposing returns their buffers, once no run uses them any more.
/// </summary>
internal sealed class RunGroup(RunQueue queue) : IAsyncDisposable
{
    private readonly List<OnnxRun> _runs = [];
    private IReadOnlyList<Task> _completions = [];

    public IReadOnlyList<OnnxRun> Runs => _runs;

    /// <summary>Adds an item, and takes ownership of it.</summary>
    public void Add(OnnxRun run) => _runs.Add(run);

    /// <summary>Queues all items, and returns one task per item, in their order.</summary>
    public IReadOnlyList<Task> Execute(CancellationToken cancellationToken) =>
        _completions = queue.ExecuteTogetherAsync(_runs, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_completions).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var run in _runs)
        {
            run.Dispose();
        }
    }
}
