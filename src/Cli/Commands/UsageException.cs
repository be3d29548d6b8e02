namespace SoftmaxService.Cli.Commands;

/// <summary>Options that do not go together; the message says which would.</summary>
internal sealed class UsageException(string message) : Exception(message);
