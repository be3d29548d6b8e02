namespace SoftmaxService.Inference.Faults;

/// <summary>
/// Why a request could not be answered. A web service maps each to a status, in one place.
/// </summary>
public enum InferenceError
{
    /// <summary>The image is empty.</summary>
    ImageEmpty,

    /// <summary>The bytes are not an image in a supported format.</summary>
    ImageFormatUnsupported,

    /// <summary>The format is known, but the image is damaged, truncated or has no pixels.</summary>
    ImageUndecodable,

    /// <summary>The header declares more pixels than the limit allows.</summary>
    ImageTooLarge,

    /// <summary>There is no model with the requested name.</summary>
    ModelNotFound,

    /// <summary>The model exists, but not in the requested version.</summary>
    VersionNotFound,

    /// <summary>The model's output for this image has no probabilities.</summary>
    ModelOutputNotFinite,

    /// <summary>The run itself failed on this input.</summary>
    ModelRunFailed,

    /// <summary>The answer needs calibration data that is not in the model's manifest.</summary>
    NotCalibrated,

    /// <summary>
    /// The model has as many pending images as it admits. The same request may succeed a moment later.
    /// </summary>
    Overloaded,

    /// <summary>
    /// The labelled logits are malformed: lengths do not match, a label is out of range, or a row has no softmax.
    /// </summary>
    LabelledDataInvalid,

    /// <summary>
    /// The labelled logits are well formed but insufficient: they have only one class, no temperature is best, or they
    /// are too few for an α.
    /// </summary>
    CalibrationImpossible,

    /// <summary>
    /// The model or the version is not loaded yet. The same request may succeed a moment later.
    /// </summary>
    ModelLoading,
}

/// <summary>
/// A request that cannot be answered, because of its content or because of too much load. The message says what was
/// wrong and what would be right.
/// </summary>
/// <param name="error">The kind of fault.</param>
/// <param name="message">A sentence for the client.</param>
/// <param name="innerException">The cause, if there is one.</param>
public sealed class InferenceException(InferenceError error, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>The kind of fault.</summary>
    public InferenceError Error { get; } = error;
}
