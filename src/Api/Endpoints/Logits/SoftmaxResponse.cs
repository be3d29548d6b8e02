using System.Globalization;
using System.Text.Json;
using SoftmaxService.Api.Settings;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Batching;

namespace SoftmaxService.Api.Endpoints.Logits;

/// <summary>The JSON response of <c>POST /softmax</c>.</summary>
internal sealed class SoftmaxResponse(
    SoftmaxPlan plan, SoftmaxAnswer answer, ByteBudget.Reservation memory, ComputeGate? largeGate)
    : RowsAnswer(plan.Logits, largeGate)
{
    // {"label":"2147483647","index":2147483647,"probability":…}, and for each row "uncertainty" and brackets.
    private const int RankedBytes = 72;
    private const int RowBytes = 128;

    private const int RankedBetweenPauses = 128;

    /// <summary>Rejects a plan whose response would be too large, before it is computed.</summary>
    public static void CheckSize(SoftmaxPlan plan, LimitsOptions limits)
    {
        var logits = plan.Logits;
        var labelBytes = plan.Labels is { } labels ? LabelSizes.Of(labels).OfAny(plan.TopK) : 0;
        var rowBytes = RowBytes + ((long)plan.TopK * RankedBytes) + labelBytes;
        if ((2L * AnswerSize.Number * logits.Values.Length) + (logits.RowCount * rowBytes) > limits.MaxResponseBytes)
        {
            throw AnswerSize.TooLarge(
                limits,
                $"The answer to {logits.RowCount} row(s) of {logits.ColumnCount} logits",
                "Ask for fewer rows at a time, for a smaller topK, or with shorter labels; "
                + "as application/octet-stream, an answer has 4 bytes per logit.");
        }
    }

    protected override ByteBudget.Reservation Memory => memory;

    protected override IEnumerable<Pause>[] WriteProperties(Utf8JsonWriter writer) =>
    [
        WriteNumbers(writer, "probabilities", answer.Probabilities),
        WriteNumbers(writer, "logProbabilities", answer.LogProbabilities),
        WriteRanked(writer),
        WriteEachRow(writer, "uncertainty", row => writer.WriteUncertainty(answer.Uncertainties[row])),
    ];

    private IEnumerable<Pause> WriteRanked(Utf8JsonWriter writer)
    {
        BeginRows(writer, "ranked");
        for (var row = 0; row < plan.Logits.RowCount; row++)
        {
            var firstOfRow = row * plan.Logits.ColumnCount;
            writer.WriteStartArray();
            for (var rank = 0; rank < plan.TopK; rank++)
            {
                var index = answer.Ranking[(row * plan.TopK) + rank];
                writer.WriteStartObject();
                WriteLabel(writer, index);
                writer.WriteNumber("index", index);
                writer.WriteNumber("probability", answer.Probabilities[firstOfRow + index]);
                writer.WriteEndObject();
                if (rank % RankedBetweenPauses == 0)
                {
                    yield return default;
                }
            }

            writer.WriteEndArray();
        }

        EndRows(writer);
    }

    private void WriteLabel(Utf8JsonWriter writer, int index)
    {
        if (plan.Labels is { } labels)
        {
            writer.WriteString("label", labels[index]);
            return;
        }

        Span<char> digits = stackalloc char[11]; // as many as an int can have
        index.TryFormat(digits, out var count, provider: CultureInfo.InvariantCulture);
        writer.WriteString("label", digits[..count]);
    }
}
