using System.Globalization;

namespace SoftmaxService.Inference.Batching;

/// <summary>
/// Counts the runs of a version that had to be ended one after the other. A graph may run for ever, on every image or
/// on some. Thread-safe.
/// </summary>
internal sealed class EndedRuns
{
    /// <summary>How many in a row make the version a failing one.</summary>
    public const int FailingCount = 3;

    /// <summary>A run that is ended earlier says little: its client may have had no patience.</summary>
    public static readonly TimeSpan ShortestCounted = TimeSpan.FromSeconds(1);

    private int _inARow;

    /// <summary>Called when the version begins to fail.</summary>
    public Action? Failing { get; set; }

    /// <summary>Why the version is failing; null where it is not.</summary>
    public string? Fault => Volatile.Read(ref _inARow) is var count and >= FailingCount
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"its last {count} runs did not end by themselves and were ended when their requests ran out of time; the "
            + $"graph may hold a loop without an end, or need more time than requests have")
        : null;

    /// <summary>Notes a run that ended by itself.</summary>
    public void CountEnd()
    {
        // Read first: this is the usual case, and all cores share the number.
        if (Volatile.Read(ref _inARow) != 0)
        {
            Volatile.Write(ref _inARow, 0);
        }
    }

    /// <summary>Notes a run that was ended after some time.</summary>
    /// <returns>Whether it counts.</returns>
    public bool CountEnded(TimeSpan time)
    {
        if (time < ShortestCounted)
        {
            return false;
        }

        if (Interlocked.Increment(ref _inARow) == FailingCount)
        {
            Failing?.Invoke();
        }

        return true;
    }
}
