using System.Text.Json;
using SoftmaxService.Api.Wire;

namespace SoftmaxService.Api.Endpoints.Logits;

/// <summary>The JSON answer of <c>POST /softmax/gradient</c>: the gradient, and a loss where there was a target.</summary>
internal sealed class SoftmaxGradientResponse(FloatRows logits, float[]? losses, float[] gradient) : RowsAnswer(logits)
{
    private const int RowBytes = AnswerSize.Number + 4;

    /// <summary>The most bytes that the answer may have.</summary>
    public static long MostBytes(FloatRows logits) => ((long)AnswerSize.Number * logits.Values.Length) + ((long)RowBytes * logits.RowCount);

    protected override async Task WritePropertiesAsync(Utf8JsonWriter writer, HttpResponse response)
    {
        if (losses is not null)
        {
            await WriteEachRowAsync(writer, response, "loss", row =>
            {
                writer.WriteNumberValue(losses[row]);
                return ValueTask.CompletedTask;
            });
        }

        await WriteNumbersAsync(writer, response, "gradient", gradient);
    }
}
