using SoftmaxService.Api.Load;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Batching;

namespace SoftmaxService.Api.Endpoints.Logits;

/// <summary>
/// Reserves what an answer holds until its client has read it, in the memory for bodies: a body is gone by then, and
/// what was reserved for it remains.
/// </summary>
internal static class AnswerMemory
{
    // What is smaller is not worth counting, however many requests are in flight.
    private const int MaxUnreservedBytes = 64 * 1024;

    /// <param name="bytes">What the answer holds.</param>
    /// <param name="body">The request's body.</param>
    /// <param name="bodyMemory">What was reserved for it; null where that was its own size.</param>
    /// <param name="bodies">The memory for bodies.</param>
    /// <exception cref="RequestException">There is no such memory now, or never.</exception>
    public static ByteBudget.Reservation Reserve(
        long bytes, PooledBody body, IBodyMemory? bodyMemory, BodyBudget bodies)
    {
        if (bytes <= MaxUnreservedBytes)
        {
            return default;
        }

        bytes += RowsAnswer.LongPieceBytes; // written and not sent yet
        var missing = bytes - (bodyMemory?.Reserved ?? ((long)BodyBudget.BytesPerByte * body.Memory.Length));
        if (missing <= 0)
        {
            return default;
        }

        if (bytes > bodies.Bytes.Total)
        {
            bodies.Bytes.CountRejection();
            throw new RequestException(
                Problem.AnswerTooLarge,
                $"The answer takes {bytes} bytes of memory, more than the {bodies.Bytes.Total} bytes that the bodies "
                + "and answers of all requests may have together (setting Load:MaxBodyBytes). Ask for fewer rows at a "
                + "time.");
        }

        return bodies.Bytes.TryReserve(missing, out var reservation)
            ? reservation
            : throw new RequestException(Problem.Overloaded, bodies.Exhausted.Detail);
    }
}
