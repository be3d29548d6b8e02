namespace SoftmaxService.Api.Access;

/// <summary>
/// A token bucket that refills at a steady rate; each request takes one token. Its whole state is the time when it will
/// be full again, so one number, exchanged without a lock, is enough, and the time to wait is exact. The framework's
/// limiters count whole tokens per period, by a clock of their own.
/// </summary>
internal sealed class RateLimit(double perSecond, int burst, TimeProvider time)
{
    private readonly long _ticksPerToken = Math.Max(1, (long)(time.TimestampFrequency / perSecond));
    private long _fullAt = time.GetTimestamp();

    /// <summary>Takes a token, or returns how long it takes until there is one.</summary>
    public bool TryTake(out TimeSpan wait)
    {
        while (true)
        {
            var now = time.GetTimestamp();
            var fullAt = Volatile.Read(ref _fullAt);
            var next = Math.Max(fullAt, now) + _ticksPerToken;
            var tooEarly = next - now - (burst * _ticksPerToken);
            if (tooEarly > 0)
            {
                wait = time.GetElapsedTime(0, tooEarly);
                return false;
            }

            if (Interlocked.CompareExchange(ref _fullAt, next, fullAt) == fullAt)
            {
                wait = TimeSpan.Zero;
                return true;
            }
        }
    }
}
