namespace SoftmaxService.Api.Metrics;

/// <summary>
/// What was measured with one set of labels: a number, or the counts of a histogram's buckets. Safe for any number of
/// threads.
/// </summary>
/// <param name="labels">The labels, as passed to the instrument.</param>
/// <param name="boundaries">The upper bounds of a histogram's buckets but the last, which is infinite; null for a
/// number.</param>
internal sealed class MetricSeries(KeyValuePair<string, object?>[] labels, double[]? boundaries)
{
    private readonly long[]? _buckets = boundaries is null ? null : new long[boundaries.Length + 1];
    private double _sum;

    // Of the last collection, so that the hot path reads no clock.
    private double _lastActivity = double.NaN;
    private long _lastChange;

    public KeyValuePair<string, object?>[] Labels => labels;

    /// <summary>A number's value, a histogram's sum.</summary>
    public double Sum => Volatile.Read(ref _sum);

    /// <summary>How many measurements each bucket has, itself only.</summary>
    public ReadOnlySpan<long> Buckets => _buckets;

    public void Record(double value)
    {
        if (_buckets is not null)
        {
            var bucket = 0;
            while (bucket < boundaries!.Length && value > boundaries[bucket]) // a histogram has both or neither
            {
                bucket++;
            }

            Interlocked.Increment(ref _buckets[bucket]);
        }

        for (var sum = Volatile.Read(ref _sum); ;)
        {
            var before = Interlocked.CompareExchange(ref _sum, sum + value, sum);
            if (before.Equals(sum))
            {
                return;
            }

            sum = before;
        }
    }

    /// <summary>How long nothing has been recorded, as far as successive calls have observed.</summary>
    public TimeSpan IdleTime(TimeProvider time)
    {
        var activity = _buckets is null ? Sum : _buckets.Sum();
        if (!activity.Equals(_lastActivity))
        {
            (_lastActivity, _lastChange) = (activity, time.GetTimestamp());
        }

        return time.GetElapsedTime(_lastChange);
    }
}
