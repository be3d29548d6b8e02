using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Diagnostics;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Api.Problems;

/// <summary>The one place where an exception becomes a problem, and so a status.</summary>
internal sealed partial class ProblemExceptionHandler(ProblemWriter writer, ILogger<ProblemExceptionHandler> log)
    : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(
        HttpContext context, Exception exception, CancellationToken cancellationToken)
    {
        if (context.RequestAborted.IsCancellationRequested || exception is ConnectionResetException)
        {
            context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            context.Abort(); // or Kestrel would read on
            return true;
        }

        var (problem, detail) = Describe(exception);
        if (problem == Problem.InternalError)
        {
            Unexpected(log, exception, context.Request.Method);
        }

        await writer.WriteAsync(context, problem, detail);
        return true;
    }

    /// <summary>Describes an exception to a client. The text of an unexpected one stays in the log.</summary>
    public static (Problem Problem, string Detail) Describe(Exception exception) => exception switch
    {
        RequestException rejected => (rejected.Problem, rejected.Message),
        InferenceException fault => (For(fault.Error), fault.Message),
        JsonValueException fault => (Problem.MalformedJson, fault.Message),
        BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout } =>
        (
            Problem.RequestTooSlow,
            "The body arrived more slowly than the settings Limits:MinRequestBytesPerSecond and "
            + "Limits:RateGraceSeconds allow."),
        BadHttpRequestException bad => (Problem.ForStatus(bad.StatusCode), bad.Message),

        // Kestrel's exception for a chunk of 2 GiB or more.
        IOException { InnerException: OverflowException } =>
            (Problem.BadRequest, "The body's chunks are not framed as HTTP requires."),
        _ => (Problem.InternalError, "An unexpected fault; the log describes it under this trace id."),
    };

    private static Problem For(InferenceError error) => error switch
    {
        InferenceError.ImageEmpty => Problem.ImageEmpty,
        InferenceError.ImageFormatUnsupported => Problem.ImageFormatUnsupported,
        InferenceError.ImageUndecodable => Problem.ImageUndecodable,
        InferenceError.ImageTooLarge => Problem.ImageTooLarge,
        InferenceError.ModelNotFound => Problem.ModelNotFound,
        InferenceError.VersionNotFound => Problem.VersionNotFound,
        InferenceError.ModelLoading => Problem.ModelLoading,
        InferenceError.ModelOutputNotFinite => Problem.ModelOutputNotFinite,
        InferenceError.ModelRunFailed => Problem.ModelRunFailed,
        InferenceError.NotCalibrated => Problem.NotCalibrated,
        InferenceError.Overloaded => Problem.Overloaded,
        InferenceError.LabelledDataInvalid => Problem.InvalidCalibrationData,
        InferenceError.CalibrationImpossible => Problem.CalibrationImpossible,
        _ => Problem.InternalError,
    };

    [LoggerMessage(LogLevel.Error, "An unexpected fault while answering {Method}")]
    private static partial void Unexpected(ILogger log, Exception exception, string method);
}
