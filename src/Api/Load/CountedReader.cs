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
/// without logging an error. What was read may be given back to be read again: Kestrel must not learn of that, as it
/// takes what was examined before off the windows of HTTP/2, and then ends a connection whose client kept to them.
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
    private ReadResult _read;
    private bool _isReadAgain; // what was read comes once more, and Kestrel's read is still open
    private long _consumed;
    private long _examined; // of what is not consumed
    private long _inflated;

    public PipeReader Reader => this;

    public Func<RequestException, Exception> Rejection { private get; set; } = rejection => rejection;

    public long Reserved => share.Bytes;

    private long Arrived => _consumed + _read.Buffer.Length;

    private long Length => Arrived + _inflated;

    private long Missing => (BodyBudget.BytesPerByte * Length) - share.Bytes;

    private long Lacking => declared is { } length ? length - Arrived : long.MaxValue;

    // No more than there is for all: a body that fits alone is read whole.
    private long NextPart => Math.Min(BodyBudget.FirstPart, budget.Bytes.Total - share.Bytes);

    /// <exception cref="ConnectionResetException">The connection or the stream has ended.</exception>
    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!_isReadAgain)
        {
            _read = await ReadInnerAsync(cancellationToken);
        }

        _isReadAgain = false;
        if (!TryGrow())
        {
            await GrowAsync(cancellationToken);
        }

        return _read;
    }

    public override bool TryRead(out ReadResult result)
    {
        result = default;
        if (!_isReadAgain && !inner.TryRead(out _read))
        {
            return false;
        }

        _isReadAgain = !TryGrow(); // ReadAsync waits for memory
        result = _isReadAgain ? default : _read;
        return !_isReadAgain;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        var newlyConsumed = _read.Buffer.Slice(0, consumed).Length;
        var isReadAgain = _read.Buffer.Slice(0, examined).Length < _examined;
        _examined = (isReadAgain ? _examined : _read.Buffer.Slice(0, examined).Length) - newlyConsumed;
        _consumed += newlyConsumed;
        _isReadAgain = isReadAgain;
        if (isReadAgain)
        {
            _read = new ReadResult(_read.Buffer.Slice(consumed), isCanceled: false, _read.IsCompleted);
        }
        else
        {
            _read = default;
            inner.AdvanceTo(consumed, examined);
        }
    }

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null)
    {
        EndReadAgain();
        inner.Complete(exception);
    }

    public void Dispose()
    {
        EndReadAgain();
        share.Dispose();
    }

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

    private async ValueTask<ReadResult> ReadInnerAsync(CancellationToken cancellationToken)
    {
        ReadResult read;
        await using (cancellationToken.UnsafeRegister(EndRead, inner))
        {
            try
            {
                read = await inner.ReadAsync(CancellationToken.None);
            }
            catch (Exception fault) when (Disconnection.HasEnded(fault))
            {
                throw new ConnectionResetException("The connection ended before the body.", fault);
            }
        }

        if (read.IsCanceled && cancellationToken.IsCancellationRequested)
        {
            _read = read;
            PassOver();
            cancellationToken.ThrowIfCancellationRequested();
        }

        return read;
    }

    private void EndReadAgain()
    {
        if (!_isReadAgain)
        {
            return;
        }

        try
        {
            PassOver();
        }
        catch (Exception fault) when (Disconnection.HasEnded(fault))
        {
            // So has its body.
        }
    }

    // Kestrel reads the rest, and could not while what was read last is in use.
    private void PassOver()
    {
        var end = _read.Buffer.End;
        (_consumed, _examined, _isReadAgain, _read) = (Arrived, 0, false, default);
        inner.AdvanceTo(end);
    }

    private bool TryGrow() => Missing <= 0 || growth.TryGrow(share, Math.Max(Missing, NextPart));

    private async ValueTask GrowAsync(CancellationToken cancellationToken)
    {
        var isGrown = false;
        try
        {
            isGrown = await growth.GrowAsync(share, Missing, Lacking, cancellationToken);
        }
        finally
        {
            if (!isGrown)
            {
                PassOver();
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
