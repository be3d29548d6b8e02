namespace SoftmaxService.Api.Access;

/// <summary>
/// A token bucket that refills at a steady rate. Its whole state is the time when it will be full again, so one number,
/// exchanged without a lock, is enough, and the time to wait is exact. The framework's limiters count whole tokens per
/// period, by a clock of their own.
/// </summary>
internal sealed class RateLimit(double perSecond, double burst, TimeProvider time)
{
    // No charge is so large that sums of it and a timestamp overflow.
    private const double MaxTicks = long.MaxValue / 8;

    private readonly double _ticksPerToken = time.TimestampFrequency / perSecond;
    private readonly long _burstTicks = (long)(time.TimestampFrequency / perSecond * burst);
    private long _fullAt = time.GetTimestamp();

    /// <summary>Takes a token, or returns how long it takes until there is one.</summary>
    public bool TryTake(out TimeSpan wait) => TryTake(1, out wait);

    /// <summary>
    /// Takes any number of tokens if there is one, or as many as are asked for, and otherwise returns how long it takes
    /// until then. What is taken beyond those that there are is a debt, which the refill pays first: what is large is
    /// delayed by what was taken before it, but never rejected for ever.
    /// </summary>
    public bool TryTake(double tokens, out TimeSpan wait)
    {
        while (true)
        {
            var fullAt = Volatile.Read(ref _fullAt);
            if (IsShortOf(Math.Min(tokens, 1), fullAt, out var now, out wait))
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref _fullAt, Math.Max(fullAt, now) + TicksOf(tokens), fullAt) == fullAt)
            {
                return true;
            }
        }
    }

    /// <summary>Whether there are fewer tokens, and how long it takes until there are as many.</summary>
    public bool IsShortOf(double tokens, out TimeSpan wait) =>
        IsShortOf(tokens, Volatile.Read(ref _fullAt), out _, out wait);

    /// <summary>Gives back what was taken.</summary>
    public void Return(double tokens) => Interlocked.Add(ref _fullAt, -TicksOf(tokens));

    private bool IsShortOf(double tokens, long fullAt, out long now, out TimeSpan wait)
    {
        now = time.GetTimestamp();
        var tooEarly = Math.Max(fullAt, now) - now - (_burstTicks - TicksOf(tokens));
        wait = tooEarly > 0 ? time.GetElapsedTime(0, tooEarly) : TimeSpan.Zero;
        return tooEarly > 0;
    }

    private long TicksOf(double tokens) => (long)Math.Min(MaxTicks, tokens * _ticksPerToken);
}
