namespace SoftmaxService.Inference.Batching;

/// <summary>
/// Counts what a version has taken on and not answered yet: items that are decoded, wait in line, or run. What would be more than the limit is refused at
/// once, since it would only wait for longer than its sender does.
/// </summary>
/// <param name="limit">The most items at once, at least 1.</param>
internal sealed class Admission(int limit)
{
    private int _items;

    public int Limit => limit;

    public int Items => Volatile.Read(ref _items);

    /// <summary>Takes a place for each item, or none. Where nothing else is taken on a request always is, however many items it has.</summary>
    public bool TryEnter(int items)
    {
        var now = Volatile.Read(ref _items);
        while (now == 0 || now + items <= limit)
        {
            var seen = Interlocked.CompareExchange(ref _items, now + items, now);
            if (seen == now)
            {
                return true;
            }

            now = seen;
        }

        return false;
    }

    public void Leave(int items) => Interlocked.Add(ref _items, -items);
}
