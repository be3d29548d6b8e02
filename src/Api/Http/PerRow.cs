using System.Text.Json;
using System.Text.Json.Serialization;
using SoftmaxService.Inference.Calibration;

namespace SoftmaxService.Api.Http;

/// <summary>One value for a row of logits, or an array with one for each row: the shape that was asked.</summary>
internal sealed record PerRow<T>(T[] Values, bool IsMatrix);

internal abstract class PerRowConverter<T> : JsonConverter<PerRow<T>>
{
    public override PerRow<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException($"{nameof(PerRow<T>)} is only ever answered.");

    public override void Write(Utf8JsonWriter writer, PerRow<T> value, JsonSerializerOptions options)
    {
        if (!value.IsMatrix)
        {
            WriteOne(writer, value.Values[0]);
            return;
        }

        writer.WriteStartArray();
        foreach (var one in value.Values)
        {
            WriteOne(writer, one);
        }

        writer.WriteEndArray();
    }

    protected abstract void WriteOne(Utf8JsonWriter writer, T one);
}

internal sealed class RankedRowsConverter : PerRowConverter<RankedClass[]>
{
    protected override void WriteOne(Utf8JsonWriter writer, RankedClass[] one) =>
        JsonSerializer.Serialize(writer, one, ApiJsonContext.Default.RankedClassArray);
}

internal sealed class UncertaintyRowsConverter : PerRowConverter<Uncertainty>
{
    protected override void WriteOne(Utf8JsonWriter writer, Uncertainty one) =>
        JsonSerializer.Serialize(writer, one, ApiJsonContext.Default.Uncertainty);
}

/// <summary>One class of a ranking.</summary>
internal readonly record struct RankedClass(string Label, int Index, float Probability);
