using SoftmaxService.Inference.Batching;

namespace SoftmaxService.Api.Wire;

/// <summary>
/// Limits how many large bodies are inflated and parsed at once. They wait for each other, and hold up nothing else: a
/// body that has arrived whole takes a permit, and what waits for the network takes none.
/// </summary>
internal sealed class BodyGate : IDisposable
{
    /// <summary>
    /// More bytes than these may take more than 5 ms of a core: inflating and parsing JSON took up to 35 ns for each,
    /// on an AMD EPYC, .NET 10.
    /// </summary>
    public const int MaxShortBytes = 128 * 1024;

    private readonly ComputeGate _gate = new(Environment.ProcessorCount);

    /// <summary>How many bodies are inflated or parsed that take long.</summary>
    public int InUse => _gate.InUse;

    /// <summary>How many bodies wait for others.</summary>
    public int Waiting => _gate.Waiting;

    /// <summary>Parses a body, at once where it is small.</summary>
    public ValueTask<T> ParseAsync<T>(
        PooledBody body, Func<PooledBody, T> parse, CancellationToken cancellationToken) =>
        IsLarge(body)
            ? new(RunLongAsync(() => parse(body), cancellationToken))
            : new(parse(body));

    public static bool IsLarge(PooledBody body) => body.Memory.Length > MaxShortBytes;

    /// <summary>Waits for a permit. Dispose it as soon as the body is parsed; once more does no harm.</summary>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public async Task<Permit> EnterAsync(CancellationToken cancellationToken) =>
        new(await _gate.EnterAsync(cancellationToken));

    /// <summary>Waits for a permit, and computes what takes long on a thread of its own.</summary>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public async Task<T> RunLongAsync<T>(Func<T> compute, CancellationToken cancellationToken)
    {
        using var permit = await _gate.EnterAsync(cancellationToken);
        return await OwnThread.RunAsync(compute);
    }

    public void Dispose() => _gate.Dispose();

    /// <summary>The right to inflate and parse a large body.</summary>
    public sealed class Permit(ComputeGate.Permit permit) : IDisposable
    {
        private int _isReturned;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isReturned, 1) == 0)
            {
                permit.Dispose();
            }
        }
    }
}
