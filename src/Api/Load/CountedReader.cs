using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Wire;

namespace SoftmaxService.Api.Load;

/// <summary>
/// Reserves memory for what arrives of a body, before it is handed on. Each read is ended before the next begins, even
/// one that is cancelled: Kestrel leaves that one open (https://github.com/dotnet/aspnetcore/issues/17840), and then
/// can neither read the rest of the body, so that a client that still sends would lose the answer, nor pass over it
/// without logging an error.
/// </summary>
/// <param name="inner">Kestrel's reader.</param>
/// <param name="budget">The memory for all bodies.</param>
/// <param name="growth">Decides whether this body may grow.</param>
/// <param name="share">What is reserved for its beginning.</param>
/// <param name="declared">How many bytes arrive, where that is known.</param>
internal sealed class CountedReader(
    PipeReader inner, BodyBudget budget, BodyGrowth growth, BodyShare share, long? declared)
    : PipeReader, IRequestBodyPipeFeature, IBodyMemory, IDisposable
{
    private ReadOnlySequence<byte> _buffer;
    private long _consumed;
    private long _inflated;

    public PipeReader Reader => this;

    public Func<RequestException, Exception> Rejection { private get; set; } = rejection => rejection;

    public long Reserved => share.Bytes;

    private long Arrived => _consumed + _buffer.Length;

    private long Length => Arrived + _inflated;

    private long Missing => (BodyBudget.BytesPerByte * Length) - share.Bytes;

    private long Lacking => declared is { } length ? length - Arrived : long.MaxValue;

    // No more than there is for all: a body that fits alone is read whole.
    private long NextPart => Math.Min(BodyBudget.FirstPart, budget.Bytes.Total - share.Bytes);

    /// <exception cref="ConnectionResetException">The connection or the stream has ended.</exception>
    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ReadResult result;
        await using (cancellationToken.UnsafeRegister(EndRead, inner))
        {
            try
            {
                result = await inner.ReadAsync(CancellationToken.None);
            }
            catch (Exception fault) when (Disconnection.HasEnded(fault))
            {
                throw new ConnectionResetException("The connection ended before the body.", fault);
            }
        }

        if (result.IsCanceled && cancellationToken.IsCancellationRequested)
        {
            inner.AdvanceTo(result.Buffer.End);
            cancellationToken.ThrowIfCancellationRequested();
        }

        _buffer = result.Buffer;
        if (!TryGrow())
        {
            await GrowAsync(cancellationToken);
        }

        return result;
    }

    public override bool TryRead(out ReadResult result)
    {
        if (!inner.TryRead(out result))
        {
            return false;
        }

        _buffer = result.Buffer;
        if (TryGrow())
        {
            return true;
        }

        AdvanceTo(result.Buffer.Start); // ReadAsync waits for memory
        result = default;
        return false;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _consumed += _buffer.Slice(0, consumed).Length;
        _buffer = default;
        inner.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    public void Dispose() => share.Dispose();

    public void Reserve(int bytes)
    {
        _inflated += bytes;
        if (!TryGrow() && !growth.TryGrowAtOnce(share, Missing))
        {
            throw Rejected();
        }
    }

    private static void EndRead(object? inner)
    {
        try
        {
            ((PipeReader)inner!).CancelPendingRead(); // what is registered
        }
        catch (Exception fault) when (Disconnection.HasEnded(fault))
        {
            // The read ends by itself.
        }
    }

    private bool TryGrow() => Missing <= 0 || growth.TryGrow(share, Math.Max(Missing, NextPart));

    private async ValueTask GrowAsync(CancellationToken cancellationToken)
    {
        var isGrown = false;
        var bytes = Arrived;
        try
        {
            isGrown = await growth.GrowAsync(share, Missing, Lacking, cancellationToken);
        }
        finally
        {
            if (!isGrown)
            {
                // Kestrel reads the rest, and could not while what was read last is in use.
                var end = _buffer.End;
                _buffer = default;
                _consumed = bytes;
                inner.AdvanceTo(end);
            }
        }

        if (!isGrown)
        {
            throw Rejected();
        }
    }

    private Exception Rejected()
    {
        var (problem, detail) = budget.Reject(Length);
        return Rejection(new RequestException(problem, detail));
    }
}
