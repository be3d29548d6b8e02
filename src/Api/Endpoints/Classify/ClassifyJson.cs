using System.Text.Json;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference;
using SoftmaxService.Inference.Calibration;

namespace SoftmaxService.Api.Endpoints.Classify;

/// <summary>
/// Writes answers of <c>POST /classify</c> by hand: the serializer would take longer than the softmax does, and a batch
/// is written while its later images are still to be classified.
/// </summary>
internal static class ClassifyJson
{
    /// <summary>Writes the answer for one image.</summary>
    public static void Write(Utf8JsonWriter writer, ClassifyResponse response)
    {
        writer.WriteStartObject();
        WriteHeader(writer, response.Model, response.Version, response.Temperature);
        writer.WriteStartArray("predictions"u8);
        for (var rank = 0; rank < response.Predictions.Count; rank++)
        {
            WritePrediction(writer, response.Predictions[rank]);
        }

        writer.WriteEndArray();
        WriteRest(writer, response.Uncertainty, response.PredictionSet, response.Abstained);
        writer.WriteEndObject();
    }

    /// <summary>Writes what an answer begins with, for one image as for several.</summary>
    public static void WriteHeader(Utf8JsonWriter writer, string model, string version, AppliedTemperature temperature)
    {
        writer.WriteString("model"u8, model);
        writer.WriteString("version"u8, version);
        writer.WritePropertyName("temperature"u8);
        JsonSerializer.Serialize(writer, temperature, ClassifyJsonContext.Default.AppliedTemperature);
    }

    public static void WritePrediction(Utf8JsonWriter writer, in Prediction prediction)
    {
        writer.WriteStartObject();
        writer.WriteString("label"u8, prediction.Label);
        writer.WriteNumber("index"u8, prediction.Index);
        writer.WriteNumber("probability"u8, prediction.Probability);
        if (float.IsNegativeInfinity(prediction.Logit))
        {
            writer.WriteString("logit"u8, LogitRows.Masked);
        }
        else
        {
            writer.WriteNumber("logit"u8, prediction.Logit);
        }

        writer.WriteEndObject();
    }

    /// <summary>Writes what follows the predictions.</summary>
    public static void WriteRest(
        Utf8JsonWriter writer, Uncertainty uncertainty, LabelledPredictionSet? predictionSet, bool abstained)
    {
        writer.WritePropertyName("uncertainty"u8);
        JsonSerializer.Serialize(writer, uncertainty, ClassifyJsonContext.Default.Uncertainty);
        if (predictionSet is not null)
        {
            writer.WritePropertyName("predictionSet"u8);
            JsonSerializer.Serialize(writer, predictionSet, ClassifyJsonContext.Default.LabelledPredictionSet);
        }

        writer.WriteBoolean("abstained"u8, abstained);
    }
}
