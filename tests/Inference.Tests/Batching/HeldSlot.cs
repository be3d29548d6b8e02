using SoftmaxService.Inference.Batching;

namespace SoftmaxService.Inference.Tests.Batching;

/// <summary>A slot of a queue that is busy until it is released.</summary>
internal sealed class HeldSlot : IDisposable
{
    private readonly ManualResetEventSlim _begun = new();
    private readonly ManualResetEventSlim _letGo = new();
    private readonly Task _work;

    public HeldSlot(RunQueue queue)
    {
        // A dedicated thread, because callers that wait use the pool's threads.
        _work = Task.Factory.StartNew(
            () => queue.ExecuteAloneAsync(
                () =>
                {
                    _begun.Set();
                    _letGo.Wait();
                },
                CancellationToken.None).AsTask(),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default).Unwrap();
        _begun.Wait();
    }

    public Task ReleaseAsync()
    {
        _letGo.Set();
        return _work;
    }

    public void Dispose()
    {
        _letGo.Set();
        _work.Wait();
        _begun.Dispose();
        _letGo.Dispose();
    }
}
