using System.Buffers;
using System.Text;
using System.Text.Json;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Api.Wire;

/// <summary>
/// Describes the token at which a reader is positioned, for messages: <c>the string "abc"</c>, <c>1e400</c>,
/// <c>null</c>.
/// </summary>
internal static class JsonToken
{
    public static string Describe(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => $"the string {Text(ref reader)}",
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        _ => Text(ref reader),
    };

    /// <summary>The token as it was sent, shortened.</summary>
    public static string Text(ref Utf8JsonReader reader)
    {
        ReadOnlySpan<byte> raw = reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan;
        var text = Quoting.Shorten(Encoding.UTF8.GetString(raw));
        return reader.TokenType == JsonTokenType.String ? $"\"{text}\"" : text;
    }
}
