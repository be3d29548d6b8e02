namespace SoftmaxService.Inference.Models;

/// <summary>A model's folder cannot be served; the message names the fault and what would be right.</summary>
/// <param name="message">What is wrong, without the model's name.</param>
/// <param name="innerException">The cause, where there is one.</param>
public sealed class ModelLoadException(string message, Exception? innerException = null) : Exception(message, innerException);
