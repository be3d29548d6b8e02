using System.Text.Json;
using SoftmaxService.Inference.Calibration;

namespace SoftmaxService.Api.Wire;

/// <summary>Writes the uncertainty of an answer, which large batches have many of.</summary>
internal static class UncertaintyJson
{
    public static void WriteUncertainty(this Utf8JsonWriter writer, in Uncertainty uncertainty)
    {
        writer.WriteStartObject();
        writer.WriteNumber("entropy"u8, uncertainty.Entropy);
        writer.WriteNumber("margin"u8, uncertainty.Margin);
        writer.WriteNumber("energy"u8, uncertainty.Energy);
        writer.WriteEndObject();
    }
}
