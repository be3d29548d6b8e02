using System.Text.Json;

namespace SoftmaxService.Inference.Faults;

/// <summary>
/// A JSON value that one of our converters rejects. Its message is meant for the writer of the JSON; every other
/// <see cref="JsonException"/> speaks of .NET types.
/// </summary>
/// <param name="message">What the value must be.</param>
/// <param name="namesValue">
/// Whether the message says which value it means; if not, the value's path is put in front.
/// </param>
public sealed class JsonValueException(string message, bool namesValue) : JsonException(message)
{
    /// <summary>Whether the message says which value it means.</summary>
    public bool NamesValue { get; } = namesValue;
}
