namespace SoftmaxService.Inference;

/// <summary>What a caller may choose for one classification.</summary>
public sealed record ClassificationOptions
{
    /// <summary>T for this answer, &gt; 0 and finite; null for the model's calibrated one, else 1.</summary>
    public float? Temperature { get; init; }

    /// <summary>
    /// How many of the most probable classes to return, at least 1; null for all. A number above K also returns all.
    /// </summary>
    public int? TopK { get; init; }

    /// <summary>The answer abstains when its largest probability is below this, 0…1; null never abstains.</summary>
    public float? Threshold { get; init; }

    /// <summary>
    /// Requests a prediction set that holds the right class with a probability of at least 1 − α, α inside 0…1; null
    /// for none.
    /// </summary>
    public double? Alpha { get; init; }
}
