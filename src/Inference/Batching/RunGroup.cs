using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Batching;

/// <summary>Items that go into a queue together. Disposing gives their buffers back, once no run uses them any more.</summary>
internal sealed class RunGroup(RunQueue queue) : IAsyncDisposable
{
    private readonly List<OnnxRun> _runs = [];
    private IReadOnlyList<Task> _completions = [];

    public IReadOnlyList<OnnxRun> Runs => _runs;

    /// <summary>Adds an item; owned from now on.</summary>
    public void Add(OnnxRun run) => _runs.Add(run);

    /// <summary>Puts all items into the queue; one task each, in their order.</summary>
    public IReadOnlyList<Task> Execute(CancellationToken cancellation) => _completions = queue.ExecuteTogetherAsync(_runs, cancellation);

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_completions).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var run in _runs)
        {
            run.Dispose();
        }
    }
}
