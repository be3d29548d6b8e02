using SoftmaxService.Api.Problems;

namespace SoftmaxService.Api.Wire;

/// <summary>
/// One row of numbers, <c>[1, 2]</c>, or several of the same length, <c>[[1, 2], [3, 4]]</c>, in one array. An answer
/// has the shape of its request.
/// </summary>
internal abstract record FloatRows(float[] Values, int RowCount, int ColumnCount, bool IsMatrix)
{
    public ReadOnlySpan<float> Row(int row) => Values.AsSpan(row * ColumnCount, ColumnCount);

    /// <summary>The path of a row of logits in the request: <c>logits</c> or <c>logits[2]</c>.</summary>
    public string PathOf(int row) => IsMatrix ? $"logits[{row}]" : "logits";

    public static RequestException TooMany(int maxCount) => new(
        Problem.TooManyLogits,
        $"The request holds more than {maxCount} numbers, the most that are accepted (setting "
        + "Limits:MaxLogitsPerRequest).");

    /// <summary>Rejects logits with a row of masked classes only: it has no softmax.</summary>
    public void RejectFullyMasked()
    {
        for (var row = 0; row < RowCount; row++)
        {
            if (!Row(row).ContainsAnyExcept(float.NegativeInfinity))
            {
                throw new RequestException(
                    Problem.InvalidLogits,
                    $"{PathOf(row)} masks every class; at least one must be a number.");
            }
        }
    }
}

/// <summary>
/// Logits: finite numbers, and the string <c>"-Infinity"</c> for a masked class, since JSON has no number for it.
/// </summary>
internal sealed record LogitRows(float[] Values, int RowCount, int ColumnCount, bool IsMatrix)
    : FloatRows(Values, RowCount, ColumnCount, IsMatrix)
{
    /// <summary>Stands for the logit of a masked class, −∞.</summary>
    public const string Masked = "-Infinity";
}

/// <summary>An upstream gradient: one finite number for each logit.</summary>
internal sealed record UpstreamRows(float[] Values, int RowCount, int ColumnCount, bool IsMatrix)
    : FloatRows(Values, RowCount, ColumnCount, IsMatrix);
