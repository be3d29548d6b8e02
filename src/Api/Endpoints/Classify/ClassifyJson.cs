using System.Text.Json;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference;

namespace SoftmaxService.Api.Endpoints.Classify;

/// <summary>
/// Writes answers of <c>POST /classify</c> by hand: the serializer would take longer than the softmax does, and a batch
/// is written while its later images are still to be classified.
/// </summary>
internal static class ClassifyJson
{
    /// <summary>Sends the answer for one image, a <see cref="ClassifyResponse"/>.</summary>
    public static Task SendAsync(HttpResponse response, ClassificationPlan plan, Classification answer)
    {
        using var json = PooledJson.Rent();
        Write(json.Writer, plan, answer);
        return json.SendAsync(response);
    }

    /// <summary>Writes the answer for one image, a <see cref="ClassifyResponse"/>.</summary>
    public static void Write(Utf8JsonWriter writer, ClassificationPlan plan, Classification answer)
    {
        writer.WriteStartObject();
        WriteHeader(writer, plan);
        writer.WriteStartArray("predictions"u8);
        for (var rank = 0; rank < answer.Predictions.Count; rank++)
        {
            WritePrediction(writer, answer.Predictions[rank]);
        }

        writer.WriteEndArray();
        WriteRest(writer, answer);
        writer.WriteEndObject();
    }

    /// <summary>Writes what an answer begins with, for one image as for several.</summary>
    public static void WriteHeader(Utf8JsonWriter writer, ClassificationPlan plan)
    {
        writer.WriteString("model"u8, plan.Model.Name);
        writer.WriteString("version"u8, plan.Model.Version);
        writer.WriteStartObject("temperature"u8);
        writer.WriteNumber("value"u8, plan.Temperature.Value);
        writer.WriteString("source"u8, NameOf(plan.Temperature.Source));
        writer.WriteEndObject();
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
    public static void WriteRest(Utf8JsonWriter writer, Classification answer)
    {
        writer.WritePropertyName("uncertainty"u8);
        writer.WriteUncertainty(answer.Uncertainty);
        if (answer.PredictionSet is { } predictionSet)
        {
            writer.WritePropertyName("predictionSet"u8);
            JsonSerializer.Serialize(writer, predictionSet, ClassifyJsonContext.Default.LabelledPredictionSet);
        }

        writer.WriteBoolean("abstained"u8, answer.Abstained);
    }

    private static ReadOnlySpan<byte> NameOf(TemperatureSource source) => source switch
    {
        TemperatureSource.Request => "request"u8,
        TemperatureSource.Calibrated => "calibrated"u8,
        TemperatureSource.Default => "default"u8,
        _ => throw new ArgumentOutOfRangeException(nameof(source), source, "It is no source of a temperature."),
    };
}
