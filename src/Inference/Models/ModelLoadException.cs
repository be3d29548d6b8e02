namespace SoftmaxService.Inference.Models;

/// <summary>A model's folder cannot be served. The message says what is wrong and what would be right.</summary>
/// <param name="message">What is wrong, without the model's name.</param>
/// <param name="innerException">The cause, if there is one.</param>
public sealed class ModelLoadException(string message, Exception? innerException = null)
    : Exception(message, innerException);
