using System.Text.Json;

namespace SoftmaxService.Api.Http;

/// <summary>The JSON answer of <c>POST /softmax/gradient</c>: the gradient, and a loss where there was a target.</summary>
internal sealed class SoftmaxGradientResponse(FloatRows logits, float[]? losses, float[] gradient) : RowsAnswer(logits)
{
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
