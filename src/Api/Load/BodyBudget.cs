using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Settings;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Batching;

namespace SoftmaxService.Api.Load;

/// <summary>
/// The memory for bodies, all requests together: a part is reserved before a body is read, and more as it arrives. A
/// request beyond it is rejected, so that uploads that stall cost others nothing.
/// </summary>
internal sealed class BodyBudget(LoadOptions options)
{
    /// <summary>A body of no more declared bytes is reserved at once and not counted as it arrives.</summary>
    private const int SmallBody = 64 * 1024;

    // The buffer of a body doubles as it grows.
    private const int BytesPerByte = 2;

    public ByteBudget Bytes { get; } = new(options.MaxBodyBytes ?? DefaultBytes);

    private static long DefaultBytes => Math.Max(1, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 5);

    /// <summary>Reserves memory for a request's body, and from now on for what arrives of it.</summary>
    /// <returns>To dispose when the request is answered; null if there is no memory.</returns>
    public IDisposable? Admit(HttpContext context)
    {
        if (context.Request.ContentLength is <= SmallBody and var length && !InflatesLater(context.Request))
        {
            return Bytes.TryReserve(BytesPerByte * length, out var reservation) ? reservation : null;
        }

        if (!Bytes.TryReserve(BytesPerByte * SmallBody, out var first))
        {
            return null;
        }

        var reader = new CountedReader(context.Request.BodyReader, this, first);
        context.Features.Set<IRequestBodyPipeFeature>(reader);
        context.Features.Set<IBodyMemory>(reader);
        context.Request.Body = reader.AsStream(leaveOpen: true);
        return reader;
    }

    private static bool InflatesLater(HttpRequest request) => request.Headers.ContentEncoding.Count > 0;

    /// <summary>Why a request is rejected for which there is no memory.</summary>
    public string Exhausted =>
        $"The bodies of the requests in flight take the {Bytes.Total} bytes that they may have together (setting "
        + "Load:MaxBodyBytes). Try again in a moment.";

    /// <summary>Reserves memory for what arrives of a body, before it is handed on.</summary>
    private sealed class CountedReader(PipeReader inner, BodyBudget budget, ByteBudget.Reservation first)
        : PipeReader, IRequestBodyPipeFeature, IBodyMemory, IDisposable
    {
        private ByteBudget.Reservation _reservation = first;
        private ReadOnlySequence<byte> _buffer;
        private long _consumed;
        private long _inflated;

        public PipeReader Reader => this;

        public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
            Count(await inner.ReadAsync(cancellationToken));

        public override bool TryRead(out ReadResult result)
        {
            var isRead = inner.TryRead(out result);
            result = isRead ? Count(result) : result;
            return isRead;
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

        public void Dispose() => _reservation.Dispose();

        public void Reserve(int bytes)
        {
            _inflated += bytes;
            if (!HasMemory())
            {
                throw new RequestException(Problem.Overloaded, budget.Exhausted);
            }
        }

        private ReadResult Count(ReadResult result)
        {
            _buffer = result.Buffer;
            if (!HasMemory())
            {
                // Kestrel reads the rest, and could not while what was read last is in use.
                _buffer = default;
                inner.AdvanceTo(result.Buffer.End);
                throw new RequestException(Problem.Overloaded, budget.Exhausted);
            }

            return result;
        }

        private bool HasMemory()
        {
            var missing = (BytesPerByte * (_consumed + _buffer.Length + _inflated)) - _reservation.Bytes;
            return missing <= 0
                || budget.Bytes.TryGrow(ref _reservation, Math.Max(missing, BytesPerByte * SmallBody));
        }
    }
}
