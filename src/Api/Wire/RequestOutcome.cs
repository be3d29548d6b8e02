using SoftmaxService.Inference.Models;

namespace SoftmaxService.Api.Wire;

/// <summary>How a request ended, for its log line and its metrics.</summary>
/// <param name="Status">The status that was sent, or that says why the answer was broken off.</param>
/// <param name="IsBrokenOff">Whether the client has not received the whole answer.</param>
/// <param name="Fault">The exception that no handler answered; null where the client disconnected.</param>
internal readonly record struct RequestOutcome(int Status, bool IsBrokenOff, Exception? Fault)
{
    public static RequestOutcome Of(HttpContext context, Exception? fault) => context.Features.Get<AnswerEnd>() switch
    {
        { BrokenOffWith: { } status } => new(status, IsBrokenOff: true, fault),
        null when context.RequestAborted.IsCancellationRequested =>
            new(StatusCodes.Status499ClientClosedRequest, IsBrokenOff: true, Fault: null),
        null when fault is not null && context.Response.HasStarted =>
            new(StatusCodes.Status500InternalServerError, IsBrokenOff: true, fault),
        _ => new(
            fault is null ? context.Response.StatusCode : StatusCodes.Status500InternalServerError,
            IsBrokenOff: false,
            fault),
    };
}

internal static class RequestOutcomeExtensions
{
    /// <summary>
    /// Notes which model answers a request; by name, since an idle connection keeps it and would keep the model.
    /// </summary>
    public static void AnsweredBy(this HttpContext context, ClassifierModel model) =>
        context.Features.Set(model.Identity);

    /// <summary>Which model answers a request; null where none does.</summary>
    public static ModelIdentity? AnsweringModel(this HttpContext context) => context.Features.Get<ModelIdentity>();

    /// <summary>
    /// Notes that the whole answer has been sent before the request ends: from then on the client may disconnect.
    /// </summary>
    public static void AnswerIsSent(this HttpContext context) => context.Features.Set(AnswerEnd.Sent);

    /// <summary>
    /// Ends an answer that cannot be finished, by closing the connection or, over HTTP/2 and 3, the stream.
    /// </summary>
    public static void BreakOff(this HttpContext context, int status)
    {
        context.Features.Set(new AnswerEnd(status));
        context.Abort();
    }
}

/// <summary>How an answer ended before its request did.</summary>
/// <param name="BrokenOffWith">The status that says why; null where all of it was sent.</param>
internal sealed record AnswerEnd(int? BrokenOffWith)
{
    public static AnswerEnd Sent { get; } = new((int?)null);
}
