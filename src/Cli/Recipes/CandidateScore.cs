namespace SoftmaxService.Cli.Recipes;

/// <summary>How well a model answers labelled images under one recipe.</summary>
/// <param name="Candidate">The recipe.</param>
/// <param name="IsRight">Whether each image is answered right.</param>
/// <param name="Temperature">The T at which the labels are likeliest.</param>
/// <param name="Losses">The negative log-likelihood of each image's label at that T.</param>
internal sealed record CandidateScore(
    RecipeCandidate Candidate, IReadOnlyList<bool> IsRight, double Temperature, IReadOnlyList<double> Losses)
{
    // Two standard errors, as for a margin.
    private const double Errors = 2;

    // Of ln T: label smoothing makes it about −0.6, overfitting up to 0.7.
    private const double UsualDeviation = 0.7;

    public double Accuracy => IsRight.Average(isRight => isRight ? 1.0 : 0.0);

    public double Nll => Losses.Average();

    /// <summary>
    /// The negative log-likelihood, and what the temperature says against the recipe. A network of rectifiers hardly
    /// notices a factor, but its logits do: after the usual training its best T is near 1, and far from 1 the recipe is
    /// likely another. This counts once for the whole sample, and only half, since T depends on the training too.
    /// </summary>
    public double Cost => Nll + (TemperatureCost / Losses.Count);

    private double TemperatureCost =>
        0.5 * Math.Pow(Math.Log(Temperature), 2) / (2 * UsualDeviation * UsualDeviation);

    /// <summary>
    /// Scores logits at the temperature that suits them best. A wrong scale acts like a temperature, and an
    /// overconfident model would prefer the recipe that makes its logits smaller.
    /// </summary>
    public static CandidateScore Of(RecipeCandidate candidate, float[] logits, IReadOnlyList<int> labels)
    {
        var classCount = logits.Length / labels.Count;
        var temperature = BestTemperature.Find(logits, labels);
        return new CandidateScore(
            candidate,
            [.. labels.Select((label, image) =>
                IndexOfLargest(logits.AsSpan(image * classCount, classCount)) == label)],
            temperature,
            [.. labels.Select((label, image) =>
                BestTemperature.Loss(logits.AsSpan(image * classCount, classCount), label, temperature))]);
    }

    /// <summary>
    /// The mean of how much worse it is than another, image by image, with its standard error, and how much worse its
    /// temperature is.
    /// </summary>
    public Margin MarginOver(CandidateScore best)
    {
        double[] differences = [.. Losses.Zip(best.Losses, (own, other) => own - other)];
        var mean = differences.Average();
        var variance = differences.Sum(difference => (difference - mean) * (difference - mean))
            / Math.Max(1, differences.Length - 1);
        return new Margin(
            mean,
            (TemperatureCost - best.TemperatureCost) / differences.Length,
            Math.Sqrt(variance / differences.Length),
            differences.Length);
    }

    /// <summary>
    /// Whether it answers clearly more images right than another: by McNemar's test on those that one of them answers
    /// right. McNemar, "Note on the Sampling Error of the Difference Between Correlated Proportions", 1947.
    /// </summary>
    public bool IsMoreAccurateThan(CandidateScore other)
    {
        var won = IsRight.Zip(other.IsRight).Count(pair => pair is (true, false));
        var lost = IsRight.Zip(other.IsRight).Count(pair => pair is (false, true));
        return won - lost >= Errors * Math.Sqrt(won + lost) && won > lost;
    }

    private static int IndexOfLargest(ReadOnlySpan<float> row)
    {
        var largest = 0;
        for (var index = 1; index < row.Length; index++)
        {
            largest = row[index] > row[largest] ? index : largest;
        }

        return largest;
    }
}

/// <summary>How much worse one recipe is than another, in nats per image.</summary>
/// <param name="Nll">The mean paired difference of negative log-likelihoods.</param>
/// <param name="Temperature">What the temperatures add to it.</param>
/// <param name="StandardError">Of the mean difference.</param>
/// <param name="Count">The number of images.</param>
internal readonly record struct Margin(double Nll, double Temperature, double StandardError, int Count)
{
    // A difference counts from two standard errors on: chance gives a larger one in about one of forty cases.
    private const double Errors = 2;

    // Less is no difference to whoever uses the probabilities, however sure it is.
    private const double Negligible = 0.01;

    // Where a model answers every image right, the losses hardly vary, and the standard error says little. All images
    // together must then be as many times likelier.
    private const double LikelihoodRatio = 20;

    public double Mean => Nll + Temperature;

    /// <summary>Whether the images show the difference. The temperatures alone never do.</summary>
    public bool IsClear => Math.Min(Nll, Mean)
        > Math.Max(Errors * StandardError, Math.Max(Negligible, Math.Log(LikelihoodRatio) / Count));
}
