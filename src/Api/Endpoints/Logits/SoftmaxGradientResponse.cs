using System.Text.Json;
using SoftmaxService.Api.Settings;
using SoftmaxService.Api.Wire;

namespace SoftmaxService.Api.Endpoints.Logits;

/// <summary>
/// The JSON response of <c>POST /softmax/gradient</c>: the gradient, and the losses where there were targets.
/// </summary>
internal sealed class SoftmaxGradientResponse(FloatRows logits, float[]? losses, float[] gradient) : RowsAnswer(logits)
{
    private const int RowBytes = AnswerSize.Number + 4;

    /// <summary>Rejects logits whose response would be too large, before it is computed.</summary>
    public static void CheckSize(FloatRows logits, LimitsOptions limits)
    {
        var most = ((long)AnswerSize.Number * logits.Values.Length) + ((long)RowBytes * logits.RowCount);
        if (most > limits.MaxResponseBytes)
        {
            throw AnswerSize.TooLarge(
                limits,
                $"The answer to {logits.RowCount} row(s) of {logits.ColumnCount} logits",
                "Ask for fewer rows at a time.");
        }
    }

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
