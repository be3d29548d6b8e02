using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Settings;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Batching;

namespace SoftmaxService.Api.Load;

/// <summary>
/// The memory for bodies, all requests together: a part is reserved before a body is read, and more as it arrives. A
/// request beyond it is rejected, so that uploads that stall cost others nothing; as too large if it could never fit.
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
        var declared = context.Request.ContentLength;
        var isSmall = declared <= SmallBody && !InflatesLater(context.Request);
        var length = isSmall || CanNeverFit(declared) ? Math.Min(declared!.Value, Bytes.Total) : SmallBody;
        var hasArrived = isSmall && HasArrived(context.Request, length);
        if (!Bytes.TryReserve(BytesPerByte * length, out var first))
        {
            return null;
        }

        if (hasArrived)
        {
            return first;
        }

        var reader = new CountedReader(context.Request.BodyReader, this, first);
        context.Features.Set<IRequestBodyPipeFeature>(reader);
        context.Features.Set<IBodyMemory>(reader);
        context.Request.Body = reader.AsStream(leaveOpen: true);
        return reader;
    }

    private static bool InflatesLater(HttpRequest request) =>
        request.Headers.ContentEncoding.Count > 0 || request.Headers.GrpcEncoding.Count > 0;

    /// <summary>
    /// Whether the whole body is here: reading it cannot wait, and so cannot fail. It has not where the client waits
    /// for leave to send it.
    /// </summary>
    private static bool HasArrived(HttpRequest request, long length)
    {
        if (length == 0)
        {
            return true;
        }

        try
        {
            if (request.Headers.Expect.Count > 0 || !request.BodyReader.TryRead(out var read))
            {
                return false;
            }

            var hasArrived = read.Buffer.Length >= length;
            request.BodyReader.AdvanceTo(read.Buffer.Start); // consumes nothing
            return hasArrived;
        }
        catch (Exception fault) when (Disconnection.HasEnded(fault))
        {
            return false; // nor will it
        }
    }

    /// <summary>Why a body is rejected for which there is no memory now, or never.</summary>
    /// <param name="bytes">How many bytes it has at least; null where that is not known.</param>
    public Rejection Reject(long? bytes) => CanNeverFit(bytes)
        ? new(
            Problem.BodyTooLarge,
            $"The body needs more than the {Bytes.Total} bytes that the bodies of all requests may have together "
            + $"(setting Load:MaxBodyBytes); each of its bytes counts as {BytesPerByte}, compressed ones beside what "
            + "they inflate to. Send less at once.")
        : new(
            Problem.Overloaded,
            $"The bodies of the requests in flight take the {Bytes.Total} bytes that they may have together (setting "
            + "Load:MaxBodyBytes). Try again in a moment.");

    private bool CanNeverFit(long? bytes) => bytes > Bytes.Total / BytesPerByte;

    /// <summary>
    /// Reserves memory for what arrives of a body, before it is handed on. Each read is ended before the next begins,
    /// even one that is cancelled: Kestrel leaves that one open
    /// (https://github.com/dotnet/aspnetcore/issues/17840), and then can neither read the rest of the body, so that
    /// a client that still sends would lose the answer, nor pass over it without logging an error.
    /// </summary>
    private sealed class CountedReader(PipeReader inner, BodyBudget budget, ByteBudget.Reservation first)
        : PipeReader, IRequestBodyPipeFeature, IBodyMemory, IDisposable
    {
        private ByteBudget.Reservation _reservation = first;
        private ReadOnlySequence<byte> _buffer;
        private long _consumed;
        private long _inflated;

        public PipeReader Reader => this;

        public Func<RequestException, Exception> Rejection { private get; set; } = rejection => rejection;

        private long Length => _consumed + _buffer.Length + _inflated;

        // No more than there is for all: a body that fits alone is read whole.
        private long NextPart => Math.Min(BytesPerByte * SmallBody, budget.Bytes.Total - _reservation.Bytes);

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

            return Count(result);
        }

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

        private ReadResult Count(ReadResult result)
        {
            _buffer = result.Buffer;
            if (!HasMemory())
            {
                // Kestrel reads the rest, and could not while what was read last is in use.
                var rejected = Rejected();
                _buffer = default;
                inner.AdvanceTo(result.Buffer.End);
                throw rejected;
            }

            return result;
        }

        private bool HasMemory()
        {
            var missing = (BytesPerByte * Length) - _reservation.Bytes;
            return missing <= 0 || budget.Bytes.TryGrow(ref _reservation, Math.Max(missing, NextPart));
        }

        private Exception Rejected()
        {
            var (problem, detail) = budget.Reject(Length);
            return Rejection(new RequestException(problem, detail));
        }
    }
}
