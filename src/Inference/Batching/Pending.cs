namespace SoftmaxService.Inference.Batching;

/// <summary>The places of items that were taken on; to be disposed once, when they are answered.</summary>
public readonly struct Pending : IDisposable
{
    private readonly Admission _admission;
    private readonly int _items;

    internal Pending(Admission admission, int items)
    {
        _admission = admission;
        _items = items;
    }

    /// <summary>Gives the places to others.</summary>
    public void Dispose() => _admission.Leave(_items);
}
