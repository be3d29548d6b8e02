namespace SoftmaxService.Inference.Models;

/// <summary>Lets one caller at a time load models, until the repository closes.</summary>
internal sealed class LoadTurn : IDisposable
{
    // A process that exits while native code runs may crash, so a load gets time to notice that it is to end.
    private static readonly TimeSpan ClosingTime = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _turn = new(1);
    private readonly CancellationTokenSource _closing = new();

    public LoadTurn() => Closed = _closing.Token;

    /// <summary>Cancelled when the repository closes.</summary>
    public CancellationToken Closed { get; }

    /// <summary>Waits for the turn and loads; false when the repository closes instead.</summary>
    public bool TryRun(Action load)
    {
        try
        {
            _turn.Wait(Closed);
        }
        catch (OperationCanceledException)
        {
            return false;
        }

        Run(load);
        return true;
    }

    /// <summary>Waits for the turn and loads on another thread.</summary>
    /// <param name="load">Loads.</param>
    /// <param name="cancellationToken">Ends the wait, but not the load.</param>
    /// <exception cref="OperationCanceledException">The wait was cancelled, or the repository closes.</exception>
    public async Task RunAsync(Action load, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, Closed);
        await _turn.WaitAsync(either.Token).ConfigureAwait(false);
        await Task.Run(() => Run(load), CancellationToken.None).WaitAsync(either.Token).ConfigureAwait(false);
    }

    /// <summary>
    /// Ends a load in progress, and all that wait. The semaphore and the token source stay usable, because a load that
    /// does not end in time still returns its turn.
    /// </summary>
    public void Dispose()
    {
        _closing.Cancel();
        _turn.Wait(ClosingTime, CancellationToken.None);
    }

    private void Run(Action load)
    {
        try
        {
            load();
        }
        finally
        {
            _turn.Release();
        }
    }
}
