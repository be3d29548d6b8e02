using System.Diagnostics;

namespace SoftmaxService.Inference.Batching;

/// <summary>
/// Ends a run that several requests share when one of them is cancelled, so that the others do not wait for a run that
/// may never end. Not at once: whoever sends requests with very little time could otherwise have every batch run twice.
/// </summary>
internal sealed class RunEnd : IDisposable
{
    /// <summary>How long a shared run may last whatever becomes of its requests.</summary>
    public static readonly TimeSpan ShortestShared = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _end = new();
    private readonly List<CancellationTokenRegistration> _registrations;
    private readonly long _begun;

    /// <param name="batch">The requests of the run.</param>
    /// <param name="begun">When the run began, as a timestamp of <see cref="Stopwatch"/>.</param>
    public RunEnd(RunRequest[] batch, long begun)
    {
        _begun = begun;
        _registrations = new List<CancellationTokenRegistration>(batch.Length);
        foreach (var request in batch)
        {
            if (request.Cancelled.CanBeCanceled)
            {
                _registrations.Add(request.Cancelled.UnsafeRegister(
                    static end => ((RunEnd)end!).EndSoon(), this)); // never null: it is this object
            }
        }
    }

    public CancellationToken Token => _end.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose(); // waits for a call in progress
        }

        _end.Dispose();
    }

    private void EndSoon()
    {
        var rest = ShortestShared - Stopwatch.GetElapsedTime(_begun);
        _end.CancelAfter(rest > TimeSpan.Zero ? rest : TimeSpan.Zero);
    }
}
