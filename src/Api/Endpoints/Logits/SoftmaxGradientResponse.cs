using System.Text.Json;
using SoftmaxService.Api.Settings;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Batching;

namespace SoftmaxService.Api.Endpoints.Logits;

/// <summary>
/// The JSON response of <c>POST /softmax/gradient</c>: the gradient, and the losses where there were targets.
/// </summary>
/// <param name="logits">Rows of the answer's shape.</param>
/// <param name="losses">One for each row, or null.</param>
/// <param name="gradient">One number for each logit.</param>
/// <param name="largeGate">Where each piece of a large answer takes a permit; null for a small one.</param>
internal sealed class SoftmaxGradientResponse(
    FloatRows logits, float[]? losses, float[] gradient, ComputeGate? largeGate) : RowsAnswer(logits, largeGate)
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

    protected override IEnumerable<Pause>[] WriteProperties(Utf8JsonWriter writer)
    {
        var gradients = WriteNumbers(writer, "gradient", gradient);
        return losses is null
            ? [gradients]
            : [WriteEachRow(writer, "loss", row => writer.WriteNumberValue(losses[row])), gradients];
    }
}
