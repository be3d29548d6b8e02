using System.Text.Json;
using System.Text.Json.Serialization;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Api.Wire;

/// <summary>An encoded image as a JSON string: base64 as it is, or a browser's <c>data:</c> URL.</summary>
[JsonConverter(typeof(Base64ImageConverter))]
internal sealed record Base64Image(byte[] Bytes);

internal sealed class Base64ImageConverter : JsonConverter<Base64Image>
{
    // Null would otherwise be let through inside an array.
    public override bool HandleNull => true;

    public override Base64Image Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        return reader.TokenType == JsonTokenType.String ? new Base64Image(Decode(ref reader)) : throw Invalid();
    }

    /// <summary>Decodes the string at which a reader is positioned.</summary>
    public static byte[] Decode(ref Utf8JsonReader reader)
    {
        try
        {
            // A string token is never null.
            return reader.TryGetBytesFromBase64(out var bytes) ? bytes : DecodeUrl(reader.GetString()!);
        }
        catch (InvalidOperationException)
        {
            throw Invalid(); // it is not Unicode
        }
    }

    private static byte[] DecodeUrl(string text)
    {
        var comma = text.StartsWith("data:", StringComparison.OrdinalIgnoreCase)
            ? text.IndexOf(',', StringComparison.Ordinal)
            : -1;
        var decoded = new byte[text.Length];
        return comma > 0 && Convert.TryFromBase64Chars(text.AsSpan(comma + 1), decoded, out var count)
            ? decoded[..count]
            : throw Invalid();
    }

    public override void Write(Utf8JsonWriter writer, Base64Image value, JsonSerializerOptions options) =>
        writer.WriteBase64StringValue(value.Bytes);

    private static JsonValueException Invalid() =>
        new("An image is a string of base64, or a data: URL.", namesValue: true);
}
