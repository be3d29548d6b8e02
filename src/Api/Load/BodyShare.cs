using SoftmaxService.Inference.Batching;

namespace SoftmaxService.Api.Load;

/// <summary>The memory that one body has of what all share.</summary>
internal sealed class BodyShare(BodyGrowth growth, ByteBudget.Reservation first) : IDisposable
{
    private ByteBudget.Reservation _reservation = first;

    public long Bytes => _reservation.Bytes;

    /// <summary>Whether its body was rejected, so that it will be given back in a moment.</summary>
    public bool IsLeaving { get; set; }

    public bool TryTake(ByteBudget budget, long bytes, long spare) => budget.TryGrow(ref _reservation, bytes, spare);

    public void Dispose() => growth.End(this, _reservation);
}
