namespace SoftmaxService.Cli.Data;

/// <summary>Data that cannot be used; the message names the file, the line or the image, and the reason.</summary>
internal sealed class DataException(string message, Exception? innerException = null)
    : Exception(message, innerException);
