using System.Diagnostics.Metrics;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Observation;

namespace SoftmaxService.Inference.Batching;

/// <summary>
/// Counts what a version has taken on and not answered yet: items that are decoded, wait in line, or run. What would be more than the limit is refused at
/// once, before anything is done for it: a line that grows without end would let everybody wait in vain.
/// </summary>
internal sealed class Admission
{
    private static readonly Counter<long> Shed = Telemetry.Meter.CreateCounter<long>("softmax.requests.shed", "{request}", "Requests that were refused because the model had too much before it.");

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
        Shed.Add(0, _tags); // there before it first counts, so that an alert sees an increase
    }

    public int Items => Volatile.Read(ref _items);

    /// <summary>Takes items on; to be disposed when they are answered. Where nothing else is taken on a request always is, however many items it has.</summary>
    /// <param name="items">How many there will be at a time, at least 1.</param>
    /// <exception cref="InferenceException">There are too many already.</exception>
    public Pending Enter(int items)
    {
        if (TryEnter(items))
        {
            return new Pending(this, items);
        }

        throw new InferenceException(InferenceError.Overloaded, Refuse());
    }

    /// <summary>Takes on more of a request that was taken on before, however much there is: it is half answered already.</summary>
    /// <param name="items">How many there will be at a time, at least 1.</param>
    public Pending EnterAgain(int items)
    {
        Interlocked.Add(ref _items, items);
        return new Pending(this, items);
    }

    /// <summary>Refuses a request of one item, if nothing could be taken on now, in words; null where it may come in. It is asked before a body is read: under a flood most of what the service does is to refuse.</summary>
    public string? RefuseWhenFull() => Items >= _limit ? Refuse() : null;

    private string Refuse()
    {
        Shed.Add(1, _tags);
        return $"Model {_name} has {Items} images or items before it, and takes on {_limit} at a time. Ask again in a moment, or ask more slowly.";
    }

    private bool TryEnter(int items)
    {
        var now = Items;
        while (now == 0 || now + items <= _limit)
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

    /// <summary>The places of items that were taken on; to be disposed once.</summary>
    public readonly struct Pending(Admission admission, int items) : IDisposable
    {
        /// <summary>Gives the places to others.</summary>
        public void Dispose() => Interlocked.Add(ref admission._items, -items);
    }
}
