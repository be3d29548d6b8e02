using System.Diagnostics.Metrics;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Observation;

namespace SoftmaxService.Inference.Batching;

/// <summary>
/// Counts the pending items of a version: those that are being decoded, wait, or run. Items beyond the limit are
/// rejected at once, before any work is done for them: in a queue that grows without limit, every request would time
/// out.
/// </summary>
internal sealed class Admission
{
    private static readonly Counter<long> Shed = Telemetry.Meter.CreateCounter<long>(
        "softmax.requests.shed", "{request}", "Requests rejected because too much was pending for the model.");

    private readonly int _limit;
    private readonly string _name;
    private readonly KeyValuePair<string, object?>[] _tags;
    private int _items;

    /// <param name="model">The model's name.</param>
    /// <param name="version">The version's name.</param>
    /// <param name="limit">The most items at once, at least 1.</param>
    public Admission(string model, string version, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        _limit = limit;
        _name = $"{model}/{version}";
        _tags = [new("model", model), new("version", version)];
        Shed.Add(0, _tags); // exists before it first counts, so that an alert sees an increase
    }

    public int Items => Volatile.Read(ref _items);

    /// <summary>
    /// Admits items; dispose the result when they are answered. A request is always admitted if nothing else is
    /// pending, however many items it has.
    /// </summary>
    /// <param name="items">The number of items, at least 1.</param>
    /// <exception cref="InferenceException">Too many items are pending.</exception>
    public Pending Enter(int items)
    {
        return TryEnter(items, out var pending)
            ? new Pending(this, items)
            : throw new InferenceException(InferenceError.Overloaded, Reject(pending));
    }

    /// <summary>
    /// Admits more items of a request that was admitted before, however many are pending: part of it is already
    /// answered.
    /// </summary>
    /// <param name="items">The number of items, at least 1.</param>
    public Pending EnterMore(int items)
    {
        Interlocked.Add(ref _items, items);
        return new Pending(this, items);
    }

    /// <summary>
    /// Says why a request of one item is rejected, if it cannot be admitted now; null if it can. Called before a body
    /// is read, because under a flood the service mostly rejects requests.
    /// </summary>
    public string? RejectWhenFull()
    {
        var pending = Items;
        return pending >= _limit ? Reject(pending) : null;
    }

    private string Reject(int pending)
    {
        Shed.Add(1, _tags);
        return $"Model {_name} has {pending} pending images or items, and admits {_limit} at a time. Try again in a "
            + "moment, or send requests more slowly.";
    }

    /// <param name="items">The number of items to admit.</param>
    /// <param name="pending">How many items were pending when this was decided.</param>
    private bool TryEnter(int items, out int pending)
    {
        pending = Items;
        while (pending == 0 || pending + items <= _limit)
        {
            var seen = Interlocked.CompareExchange(ref _items, pending + items, pending);
            if (seen == pending)
            {
                return true;
            }

            pending = seen;
        }

        return false;
    }

    /// <summary>The permits of admitted items. Dispose them exactly once.</summary>
    public readonly struct Pending(Admission admission, int items) : IDisposable
    {
        /// <summary>Returns the permits.</summary>
        public void Dispose() => Interlocked.Add(ref admission._items, -items);
    }
}
