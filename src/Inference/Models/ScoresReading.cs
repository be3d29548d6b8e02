using System.Globalization;
using SoftmaxService.Inference.Calibration;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Models;

/// <summary>What the numbers of a model's output are, and how they become logits.</summary>
/// <param name="Kind">What they are.</param>
/// <param name="Precision">How finely they tell probabilities apart.</param>
/// <param name="Notes">What its owner should know of it, one sentence each.</param>
internal sealed record ScoresReading(OutputKind Kind, ScoresPrecision Precision, IReadOnlyList<string> Notes)
{
    // What a manifest says is believed with a sum that is this far from 1, and what comes later is clamped from this far outside of 0…1.
    private const double SaidTolerance = 1e-2;

    private readonly float _clamped = (float)Math.Max(SaidTolerance, 2 * Precision.RoundedToZero);

    /// <summary>Reads the scores of the warm-up images, and how the graph ends.</summary>
    /// <param name="said">The kind in the manifest.</param>
    /// <param name="rows">The scores of each image that the model can run.</param>
    /// <param name="ending">How the graph ends in front of the scores.</param>
    /// <param name="isHalf">Whether the output is declared to hold halves.</param>
    /// <exception cref="ModelLoadException">No row has probabilities, the manifest's kind is belied, or the scores are of a kind that is not served.</exception>
    public static ScoresReading Of(OutputKind? said, IReadOnlyList<float[]> rows, GraphEnding ending, bool isHalf)
    {
        var notes = new List<string>();
        float[][] usable = [.. rows.Where(HasProbabilities)];
        if (usable.Length == 0)
        {
            throw new ModelLoadException(
                $"the graph gives NaN or infinity for each of {rows.Count} warm-up images (black, white and noise), which has no probabilities; check what the model was exported with, and the scale, mean and std of its input");
        }

        if (usable.Length < rows.Count)
        {
            notes.Add($"The graph gives NaN or infinity for {rows.Count - usable.Length} of {rows.Count} warm-up images (black, white and noise): images without contrast may have no answer.");
        }

        usable = WithoutRoundedNaN(usable, ending);
        var evidence = new ScoresEvidence(usable, ending, isHalf);
        var kind = said is { } known ? Check(known, evidence, notes) : Detect(evidence, notes);
        return new ScoresReading(kind, kind == OutputKind.Probabilities ? evidence.Plain : evidence.Logarithmic, notes);
    }

    /// <summary>Whether rows of scores are probabilities, or their logarithms, of classes of which one is right.</summary>
    /// <param name="rows">The scores of some images.</param>
    /// <param name="ending">How the graph ends in front of them.</param>
    /// <param name="isHalf">Whether the output is declared to hold halves.</param>
    public static bool SumsToOne(IReadOnlyList<float[]> rows, GraphEnding ending, bool isHalf)
    {
        var usable = WithoutRoundedNaN([.. rows.Where(HasProbabilities)], ending);
        return usable.Length > 0 && new ScoresEvidence(usable, ending, isHalf).KindBySum is not null;
    }

    /// <summary>Replaces scores by logits, so that a temperature means the same for every model.</summary>
    /// <param name="row">One number a class, in place.</param>
    /// <exception cref="InferenceException">A number is no probability.</exception>
    public void ToLogits(Span<float> row)
    {
        switch (Kind)
        {
            case OutputKind.Probabilities:
                var zero = LogitOfZero(row);
                for (var i = 0; i < row.Length; i++)
                {
                    row[i] = LogitOf(row[i], zero);
                }

                break;

            case OutputKind.LogProbabilities:
                // What was rounded to 0 before its logarithm was taken.
                row.Replace(float.NegativeInfinity, (float)Math.Log(Precision.RoundedToZero));
                break;
        }
    }

    /// <summary>
    /// The logit of a probability that was rounded to 0. It is not impossible: it lies below what is rounded to 0, and all of them together
    /// have what the others leave of 1, or less than is rounded off where these leave nothing. At T = 1 an answer is then the model's own.
    /// </summary>
    /// <exception cref="InferenceException">A number is no probability, or they do not sum to 1.</exception>
    private float LogitOfZero(ReadOnlySpan<float> row)
    {
        var (sum, zeros) = (0.0, 0);
        foreach (var probability in row)
        {
            RefuseOutside(probability);
            var isZero = probability <= Precision.RoundedToZero;
            zeros += isZero ? 1 : 0;
            sum += isZero ? 0 : probability;
        }

        if (Math.Abs(sum - 1) > Math.Max(SaidTolerance, Precision.SumTolerance))
        {
            throw new InferenceException(
                InferenceError.ModelOutputNotFinite,
                string.Create(CultureInfo.InvariantCulture, $"The model's probabilities for this image sum to {sum:G4}, where they sum to 1 otherwise. The model, or its manifest's output.kind or input scaling, is at fault."));
        }

        var share = Math.Max(1 - sum, Precision.RoundedToZero) / Math.Max(zeros, 1);
        return (float)Math.Log(Math.Min(share, Precision.RoundedToZero));
    }

    private float LogitOf(float probability, float zero) =>
        probability <= Precision.RoundedToZero ? zero
        : probability > 1 && float.IsFinite(probability) ? 0f
        : MathF.Log(probability);

    private void RefuseOutside(float probability)
    {
        if (probability < -_clamped || (probability > 1 + _clamped && float.IsFinite(probability)))
        {
            throw new InferenceException(
                InferenceError.ModelOutputNotFinite,
                string.Create(CultureInfo.InvariantCulture, $"The model gave {probability:G4} for a class of this image, where it gives probabilities in 0…1 otherwise. The model, or its manifest's output.kind, is at fault."));
        }
    }

    /// <summary>A quantiser makes the same number of every NaN of a row. A softmax has rows like that too, but they sum to 1.</summary>
    private static float[][] WithoutRoundedNaN(float[][] rows, GraphEnding ending)
    {
        if (ending is not { Kind: GraphEndingKind.Softmax, Step: { } step })
        {
            return rows;
        }

        float[][] others = [.. rows.Where(row => Array.Exists(row, score => score != row[0]) || Math.Abs((row.Length * (double)row[0]) - 1) <= (row.Length * step / 2) + SaidTolerance)];
        return others.Length > 0 ? others : rows;
    }

    private static bool HasProbabilities(float[] row) => !Array.Exists(row, score => float.IsNaN(score) || float.IsPositiveInfinity(score)) && Array.Exists(row, float.IsFinite);

    private static OutputKind Detect(ScoresEvidence evidence, List<string> notes)
    {
        if (evidence.KindBySum is { } kind)
        {
            if (evidence.AreZeroOrOne)
            {
                notes.Add("The scores of all warm-up images are exactly 0 or 1. If the graph ends in an ArgMax, no answer can be less sure than that; export the scores in front of it.");
            }

            return kind;
        }

        var node = evidence.Ending.Node;
        switch (evidence.Ending.Kind)
        {
            case GraphEndingKind.Sigmoid when evidence.LiesInUnitInterval:
                throw new ModelLoadException($"the graph ends in {node}: each score is a probability of its own, and several may be true at once, while here one of the classes is. Export it with a softmax, or up to the logits in front of one");

            case GraphEndingKind.Softmax or GraphEndingKind.LogSoftmax:
                throw new ModelLoadException($"the graph ends in {node}, but {evidence.OddSum(evidence.Ending.Kind == GraphEndingKind.LogSoftmax) ?? "its scores lie outside of their range"}; check over which axis it is taken, and that all classes are in the output");

            default:
                if (evidence.IsTooCoarse)
                {
                    throw new ModelLoadException($"the scores lie in 0…1 in steps of {Text(2 * evidence.Plain.RoundedToZero)}, too coarse to tell whether they are probabilities; say \"output\": {{ \"kind\": \"probabilities\" }} or \"logits\" in {ModelManifest.FileName}");
                }

                if (evidence.ConstantSum is { } sum)
                {
                    throw new ModelLoadException($"the scores of every warm-up image are at least 0 and sum to {Text(sum)}: they look like probabilities times {Text(sum)}. Export them as probabilities or logits, or say \"output\": {{ \"kind\": \"logits\" }} in {ModelManifest.FileName} if they are that");
                }

                if (evidence.AreNegated)
                {
                    throw new ModelLoadException($"the scores are negative logarithms of probabilities, of which the smallest is the best; export them with the other sign");
                }

                if (evidence.LiesInUnitInterval && evidence.Ending is { Kind: GraphEndingKind.Other, Node.Length: > 0 })
                {
                    throw new ModelLoadException($"the scores of all warm-up images lie in 0…1 without summing to 1, and the graph ends in {node}: each may be a probability of its own (a sigmoid), which is not served. Say \"output\": {{ \"kind\": \"logits\" }} in {ModelManifest.FileName} if they are logits");
                }

                if (evidence.LiesInUnitInterval)
                {
                    notes.Add($"The scores of all warm-up images lie in 0…1 without summing to 1, and are taken for logits. If they are probabilities, answers are wrong: say \"output\": {{ \"kind\": … }} in {ModelManifest.FileName}.");
                }

                return OutputKind.Logits;
        }
    }

    /// <summary>What a manifest says, unless the model gives what cannot be that.</summary>
    private static OutputKind Check(OutputKind said, ScoresEvidence evidence, List<string> notes)
    {
        switch (said)
        {
            case OutputKind.Probabilities when evidence.Outside(0, 1, SaidTolerance) is { } score:
                throw Belied("numbers in 0…1", $"{Text(score)} for a warm-up image; they may be logits");

            case OutputKind.LogProbabilities when evidence.Outside(double.NegativeInfinity, 0, SaidTolerance) is { } score:
                throw Belied("numbers of at most 0", $"{Text(score)} for a warm-up image; they may be logits");

            case OutputKind.Probabilities or OutputKind.LogProbabilities when evidence.OddSum(said == OutputKind.LogProbabilities, SaidTolerance) is { } odd:
                throw Belied("probabilities of classes of which one is right", $"others: {odd}. {(evidence.Ending.Kind == GraphEndingKind.Sigmoid ? $"It ends in {evidence.Ending.Node}" : "If it ends in a sigmoid")}, each score is a probability of its own, which is not served");

            case OutputKind.Logits when evidence.Ending.Kind is GraphEndingKind.Softmax or GraphEndingKind.Sigmoid:
                notes.Add($"output.kind in {ModelManifest.FileName} is \"logits\", but the graph ends in {evidence.Ending.Node}: softmax is taken of probabilities.");
                return said;

            default:
                return said;
        }

        static ModelLoadException Belied(string what, string gives) =>
            new($"output.kind in {ModelManifest.FileName} says {what}, but the graph gives {gives}");
    }

    private static string Text(double score) => score.ToString("G4", CultureInfo.InvariantCulture);
}
