namespace SoftmaxService.Inference.Faults;

/// <summary>What was wrong with a request that could not be answered. The edge turns each into its status, in one place.</summary>
public enum InferenceError
{
    /// <summary>The image holds no bytes.</summary>
    ImageEmpty,

    /// <summary>The bytes are not an image of a format that is read here.</summary>
    ImageFormatUnsupported,

    /// <summary>The format is known, but the image is damaged, truncated or has no pixels.</summary>
    ImageUndecodable,

    /// <summary>The header declares more pixels than the limit allows.</summary>
    ImageTooLarge,

    /// <summary>No model has the name that was asked for.</summary>
    ModelNotFound,

    /// <summary>The model exists, but not in the version that was asked for.</summary>
    VersionNotFound,

    /// <summary>The model answered this image with numbers that no probabilities can be made of.</summary>
    ModelOutputNotFinite,

    /// <summary>The run itself failed on this input.</summary>
    ModelRunFailed,

    /// <summary>The answer needs calibration data that the model's manifest does not hold.</summary>
    NotCalibrated,

    /// <summary>The model has as many images before it as it takes on; the same request may be answered a moment later.</summary>
    Overloaded,

    /// <summary>Labelled logits are malformed: lengths that do not fit, a label out of range, a row that has no softmax.</summary>
    LabelledDataInvalid,

    /// <summary>The labelled logits are well formed, but do not suffice: one class only, no temperature that is best, too few for an α.</summary>
    CalibrationImpossible,
}

/// <summary>A request that cannot be answered because of what was sent, or of how much else was; the message says what was wrong and what would be right.</summary>
/// <param name="error">The kind of fault.</param>
/// <param name="message">A sentence for the sender.</param>
/// <param name="innerException">The cause, where there is one.</param>
public sealed class InferenceException(InferenceError error, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>The kind of fault.</summary>
    public InferenceError Error { get; } = error;
}
