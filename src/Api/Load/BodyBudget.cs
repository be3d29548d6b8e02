using Microsoft.AspNetCore.Http.Features;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Settings;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Batching;

namespace SoftmaxService.Api.Load;

/// <summary>
/// The memory for bodies, all requests together: a part is reserved before a body is read, and more as it arrives, so
/// that uploads that stall cost others nothing else. A request beyond it is rejected; as too large if it could never
/// fit.
/// </summary>
internal sealed class BodyBudget
{
    /// <summary>A body of no more declared bytes is reserved at once and not counted as it arrives.</summary>
    private const int SmallBody = 64 * 1024;

    // The buffer of a body doubles as it grows.
    public const int BytesPerByte = 2;

    /// <summary>What is reserved for a larger body at first, and whenever it grows.</summary>
    public const int FirstPart = BytesPerByte * SmallBody;

    private readonly BodyGrowth _growth;

    public BodyBudget(LoadOptions options)
    {
        Bytes = new ByteBudget(options.MaxBodyBytes ?? DefaultBytes);
        _growth = new BodyGrowth(Bytes);
    }

    public ByteBudget Bytes { get; }

    /// <summary>How many bodies wait for memory.</summary>
    public int Waiting => _growth.Waiting;

    private static long DefaultBytes => Math.Max(1, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 5);

    /// <summary>Reserves memory for a request's body, and from now on for what arrives of it.</summary>
    /// <returns>To dispose when the request is answered; null if there is no memory.</returns>
    public IDisposable? Admit(HttpContext context)
    {
        var declared = context.Request.ContentLength;
        if (CanNeverFit(declared))
        {
            Bytes.CountRejection();
            return null;
        }

        if (declared is not { } length || length > SmallBody || InflatesLater(context.Request))
        {
            return _growth.Begin(FirstPart) is { } large ? Count(context, large) : null;
        }

        var hasArrived = HasArrived(context.Request, length);
        if (!Bytes.TryReserve(BytesPerByte * length, out var small))
        {
            return null;
        }

        return hasArrived ? small : Count(context, new BodyShare(_growth, small));
    }

    private CountedReader Count(HttpContext context, BodyShare share)
    {
        var request = context.Request;
        var reader = new CountedReader(request.BodyReader, this, _growth, share, request.ContentLength);
        context.Features.Set<IRequestBodyPipeFeature>(reader);
        context.Features.Set<IBodyMemory>(reader);
        request.Body = reader.AsStream(leaveOpen: true);
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
        : Exhausted;

    /// <summary>Why a body or an answer is rejected for which there is no memory now.</summary>
    public Rejection Exhausted => new(
        Problem.Overloaded,
        $"The bodies and answers of the requests in flight take the {Bytes.Total} bytes that they may have together "
        + "(setting Load:MaxBodyBytes). Try again in a moment.");

    /// <summary>Whether a body of so many bytes would be too large even alone.</summary>
    public bool CanNeverFit(long? bytes) => bytes > Bytes.Total / BytesPerByte;
}
