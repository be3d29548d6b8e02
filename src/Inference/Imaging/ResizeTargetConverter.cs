using System.Text.Json;
using System.Text.Json.Serialization;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Imaging;

/// <summary>A resize target as JSON: the length of the shorter side, or <c>[height, width]</c>.</summary>
public sealed class ResizeTargetConverter : JsonConverter<ResizeTarget>
{
    /// <inheritdoc/>
    public override ResizeTarget Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var shorter))
        {
            return ResizeTarget.Shorter(shorter);
        }

        if (reader.TokenType == JsonTokenType.StartArray
            && TryReadSide(ref reader, out var height)
            && TryReadSide(ref reader, out var width)
            && reader.Read()
            && reader.TokenType == JsonTokenType.EndArray)
        {
            return ResizeTarget.Both(height, width);
        }

        throw new JsonValueException(
            "It must be the length of the shorter side, or [height, width], in whole pixels.", namesValue: false);
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, ResizeTarget value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(value);
        if (value.ShorterSide is { } shorter)
        {
            writer.WriteNumberValue(shorter);
            return;
        }

        writer.WriteStartArray();
        writer.WriteNumberValue(value.Height);
        writer.WriteNumberValue(value.Width);
        writer.WriteEndArray();
    }

    private static bool TryReadSide(ref Utf8JsonReader reader, out int side)
    {
        side = 0;
        return reader.Read() && reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out side);
    }
}
