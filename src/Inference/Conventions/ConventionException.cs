namespace SoftmaxService.Inference.Conventions;

/// <summary>
/// A file beside a model that cannot be used as it is, although its values matter. The message names the file, the line
/// where it is known, and the reason.
/// </summary>
internal sealed class ConventionException(string message, Exception? innerException = null)
    : Exception(message, innerException);
