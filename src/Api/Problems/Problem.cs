namespace SoftmaxService.Api.Problems;

/// <summary>
/// A kind of fault as clients see it: a stable code, a status and a title. This is the list of all of them.
/// </summary>
internal sealed record Problem(string Code, int Status, string Title, int? RetryAfterSeconds = null)
{
    public static readonly Problem InvalidParameter = new("invalid-parameter", 400, "A parameter is not valid");
    public static readonly Problem NotCalibrated =
        new("not-calibrated", 400, "The model has no calibration for this");
    public static readonly Problem MalformedJson =
        new("malformed-json", 400, "The body is not the JSON that the route accepts");
    public static readonly Problem InvalidLogits = new("invalid-logits", 400, "The logits are not valid");
    public static readonly Problem InvalidTemperature = new("invalid-temperature", 400, "The temperature is not valid");
    public static readonly Problem InvalidLabels = new("invalid-labels", 400, "The labels are not valid");
    public static readonly Problem InvalidCalibrationData =
        new("invalid-calibration-data", 400, "The labelled logits are not valid");
    public static readonly Problem InvalidForm = new("invalid-form", 400, "The form is not what the route accepts");
    public static readonly Problem ImageEmpty = new("image-empty", 400, "There is no image");
    public static readonly Problem BadRequest = new("bad-request", 400, "The request is not valid");
    public static readonly Problem KeyMissing = new("key-missing", 401, "An API key is required");
    public static readonly Problem KeyUnknown = new("key-unknown", 401, "The API key is unknown");
    public static readonly Problem ScopeMissing = new("scope-missing", 403, "The API key lacks a scope");
    public static readonly Problem NotFound = new("not-found", 404, "Not found");
    public static readonly Problem ModelNotFound = new("model-not-found", 404, "There is no such model");
    public static readonly Problem VersionNotFound =
        new("version-not-found", 404, "There is no such version of the model");
    public static readonly Problem ReliabilityNotFound =
        new("reliability-not-found", 404, "The model has no reliability diagram");
    public static readonly Problem MethodNotAllowed =
        new("method-not-allowed", 405, "The route does not accept this method");
    public static readonly Problem RequestTooSlow = new("request-too-slow", 408, "The request arrived too slowly");
    public static readonly Problem BodyTooLarge = new("body-too-large", 413, "The body is too large");
    public static readonly Problem ImageTooLarge = new("image-too-large", 413, "The image has too many pixels");
    public static readonly Problem TooManyImages = new("too-many-images", 413, "The request holds too many images");
    public static readonly Problem TooManyLogits = new("too-many-logits", 413, "The request holds too many logits");
    public static readonly Problem AnswerTooLarge = new("answer-too-large", 413, "The answer would be too large");
    public static readonly Problem UnsupportedMediaType =
        new("unsupported-media-type", 415, "The route does not accept this content type");
    public static readonly Problem ImageFormatUnsupported =
        new("image-format-unsupported", 415, "The image format is not supported");
    public static readonly Problem ImageUndecodable = new("image-undecodable", 422, "The image cannot be decoded");
    public static readonly Problem ModelOutputNotFinite =
        new("model-output-not-finite", 422, "The model's output has no probabilities");
    public static readonly Problem ModelRunFailed = new("model-run-failed", 422, "The model fails on this input");
    public static readonly Problem CalibrationImpossible =
        new("calibration-impossible", 422, "The labelled logits are not enough for a calibration");
    public static readonly Problem Overloaded =
        new("overloaded", 429, "The service is overloaded", RetryAfterSeconds: 1);
    public static readonly Problem RateExceeded = new("rate-exceeded", 429, "The API key exceeds its rate");
    public static readonly Problem InternalError = new("internal-error", 500, "The service failed");
    public static readonly Problem Draining =
        new("draining", 503, "The service is shutting down", RetryAfterSeconds: 1);
    public static readonly Problem ModelLoading =
        new("model-loading", 503, "The model is still being loaded", RetryAfterSeconds: 5);
    public static readonly Problem DeadlineExceeded = new("deadline-exceeded", 504, "The request ran out of time");

    /// <summary>The problems that any work may get, whatever was sent.</summary>
    public static IReadOnlyList<Problem> CommonToAllWork { get; } = [Overloaded, Draining, DeadlineExceeded];

    /// <summary>The URI that identifies the kind of fault.</summary>
    public string Type => $"urn:softmax-service:problem:{Code}";

    /// <summary>The problem for a status that was set outside our handlers, as for an unknown path.</summary>
    public static Problem ForStatus(int status) => status switch
    {
        404 => NotFound,
        405 => MethodNotAllowed,
        408 => RequestTooSlow,
        413 => BodyTooLarge,
        415 => UnsupportedMediaType,
        >= 500 => InternalError,
        _ => BadRequest with { Status = status },
    };
}
