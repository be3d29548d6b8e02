using System.Globalization;
using SoftmaxService.Inference.Calibration;

namespace SoftmaxService.Inference.Models.Scores;

/// <summary>
/// Decides what the numbers of a model's output are: as the manifest states, unless the numbers contradict it, else by
/// the scores of the warm-up images and by how the graph ends.
/// </summary>
internal static class OutputKindChooser
{
    /// <param name="stated">The kind in the manifest.</param>
    /// <param name="rows">The scores of each warm-up image that the model can run.</param>
    /// <param name="ending">How the graph ends in front of the scores.</param>
    /// <param name="isHalf">Whether the output is declared as float16.</param>
    /// <exception cref="ModelLoadException">
    /// No row has probabilities, the numbers contradict the manifest, or the scores are of a kind that is not served.
    /// </exception>
    public static ScoresReading Choose(
        OutputKind? stated, IReadOnlyList<float[]> rows, GraphEnding ending, bool isHalf)
    {
        var notes = new List<string>();
        float[][] usable = [.. rows.Where(HasProbabilities)];
        if (usable.Length == 0)
        {
            throw new ModelLoadException(
                $"the graph gives NaN or infinity for each of {rows.Count} warm-up images (black, white and noise), "
                + "which has no probabilities; check what the model was exported with, and the scale, mean and std of "
                + "its input");
        }

        if (usable.Length < rows.Count)
        {
            notes.Add(
                $"The graph gives NaN or infinity for {rows.Count - usable.Length} of {rows.Count} warm-up images "
                + "(black, white and noise): images without contrast may have no answer.");
        }

        usable = WithoutRoundedNaN(usable, ending);
        var evidence = new ScoresEvidence(usable, ending, isHalf);
        var kind = stated is { } known ? Check(known, evidence, notes) : Detect(evidence, notes);
        var precision = kind == OutputKind.Probabilities ? evidence.Plain : evidence.Logarithmic;
        return new ScoresReading(kind, precision, notes);
    }

    /// <summary>Whether every row holds the probabilities of mutually exclusive classes, or their logarithms.</summary>
    /// <param name="rows">The scores of some images.</param>
    /// <param name="ending">How the graph ends in front of them.</param>
    /// <param name="isHalf">Whether the output is declared as float16.</param>
    public static bool SumsToOne(IReadOnlyList<float[]> rows, GraphEnding ending, bool isHalf)
    {
        var usable = WithoutRoundedNaN([.. rows.Where(HasProbabilities)], ending);
        return usable.Length > 0 && new ScoresEvidence(usable, ending, isHalf).KindBySum is not null;
    }

    /// <summary>
    /// Leaves out rows in which a quantizer turned every NaN into the same number. A softmax can have rows of equal
    /// numbers too, but those sum to 1.
    /// </summary>
    private static float[][] WithoutRoundedNaN(float[][] rows, GraphEnding ending)
    {
        if (ending is not { Kind: GraphEndingKind.Softmax, Step: { } step })
        {
            return rows;
        }

        float[][] others = [.. rows.Where(row => Array.Exists(row, score => score != row[0]) || SumsToOne(row))];
        return others.Length > 0 ? others : rows;

        bool SumsToOne(float[] row) =>
            Math.Abs((row.Length * (double)row[0]) - 1) <= (row.Length * step / 2) + ScoresReading.StatedTolerance;
    }

    private static bool HasProbabilities(float[] row) =>
        !Array.Exists(row, score => float.IsNaN(score) || float.IsPositiveInfinity(score))
        && Array.Exists(row, float.IsFinite);

    private static OutputKind Detect(ScoresEvidence evidence, List<string> notes)
    {
        if (evidence.KindBySum is { } kind)
        {
            if (evidence.AreZeroOrOne)
            {
                notes.Add(
                    "The scores of all warm-up images are exactly 0 or 1. If the graph ends in an ArgMax, every answer "
                    + "seems certain; export the scores in front of it.");
            }

            return kind;
        }

        RejectBrokenEnding(evidence);
        RejectAmbiguous(evidence);
        if (evidence.LiesInUnitInterval)
        {
            notes.Add(
                "The scores of all warm-up images lie in 0…1 without summing to 1, and are taken for logits. If they "
                + "are probabilities, answers are wrong: say \"output\": { \"kind\": … } in "
                + $"{ModelManifest.FileName}.");
        }

        return OutputKind.Logits;
    }

    /// <summary>Rejects scores that should be probabilities, by how the graph ends, but do not sum to 1.</summary>
    private static void RejectBrokenEnding(ScoresEvidence evidence)
    {
        var node = evidence.Ending.Node;
        switch (evidence.Ending.Kind)
        {
            case GraphEndingKind.Sigmoid when evidence.LiesInUnitInterval:
                throw new ModelLoadException(
                    $"the graph ends in {node}: each score is a probability of its own, and several may be true at "
                    + "once, while here exactly one class is right. Export it with a softmax, or up to the logits in "
                    + "front of one");

            case GraphEndingKind.Softmax or GraphEndingKind.LogSoftmax:
                var oddSum = evidence.OddSum(evidence.Ending.Kind == GraphEndingKind.LogSoftmax);
                throw new ModelLoadException(
                    $"the graph ends in {node}, but {oddSum ?? "its scores lie outside of their range"}; check over "
                    + "which axis it is taken, and that all classes are in the output");
        }
    }

    private static void RejectAmbiguous(ScoresEvidence evidence)
    {
        if (evidence.IsTooCoarse)
        {
            throw new ModelLoadException(
                $"the scores lie in 0…1 in steps of {Text(2 * evidence.Plain.RoundedToZero)}, too coarse to tell "
                + "whether they are probabilities; say \"output\": { \"kind\": \"probabilities\" } or \"logits\" in "
                + ModelManifest.FileName);
        }

        if (evidence.ConstantSum is { } sum)
        {
            throw new ModelLoadException(
                $"the scores of every warm-up image are at least 0 and sum to {Text(sum)}: they look like "
                + $"probabilities times {Text(sum)}. Export them as probabilities or logits, or say \"output\": "
                + $"{{ \"kind\": \"logits\" }} in {ModelManifest.FileName} if they are that");
        }

        if (evidence.AreNegated)
        {
            throw new ModelLoadException(
                "the scores are negative logarithms of probabilities, of which the smallest is the best; export them "
                + "with the other sign");
        }

        if (evidence.LiesInUnitInterval && evidence.Ending is { Kind: GraphEndingKind.Other, Node.Length: > 0 })
        {
            throw new ModelLoadException(
                "the scores of all warm-up images lie in 0…1 without summing to 1, and the graph ends in "
                + $"{evidence.Ending.Node}: each may be a probability of its own (a sigmoid), which is not served. Say "
                + $"\"output\": {{ \"kind\": \"logits\" }} in {ModelManifest.FileName} if they are logits");
        }
    }

    /// <summary>Accepts what the manifest states, unless the model's numbers cannot be that.</summary>
    private static OutputKind Check(OutputKind stated, ScoresEvidence evidence, List<string> notes)
    {
        const double tolerance = ScoresReading.StatedTolerance;
        switch (stated)
        {
            case OutputKind.Probabilities when evidence.Outside(0, 1, tolerance) is { } score:
                throw Contradicted("numbers in 0…1", $"{Text(score)} for a warm-up image; they may be logits");

            case OutputKind.LogProbabilities
                when evidence.Outside(double.NegativeInfinity, 0, tolerance) is { } score:
                throw Contradicted("numbers of at most 0", $"{Text(score)} for a warm-up image; they may be logits");

            case OutputKind.Probabilities or OutputKind.LogProbabilities
                when evidence.OddSum(stated == OutputKind.LogProbabilities, tolerance) is { } odd:
                var ending = evidence.Ending.Kind == GraphEndingKind.Sigmoid
                    ? $"It ends in {evidence.Ending.Node}"
                    : "If it ends in a sigmoid";
                throw Contradicted(
                    "probabilities of classes of which one is right",
                    $"others: {odd}. {ending}, each score is a probability of its own, which is not served");

            case OutputKind.Logits when evidence.Ending.Kind is GraphEndingKind.Softmax or GraphEndingKind.Sigmoid:
                notes.Add(
                    $"output.kind in {ModelManifest.FileName} is \"logits\", but the graph ends in "
                    + $"{evidence.Ending.Node}: softmax is taken of probabilities.");
                return stated;

            default:
                return stated;
        }

        static ModelLoadException Contradicted(string what, string gives) =>
            new($"output.kind in {ModelManifest.FileName} says {what}, but the graph gives {gives}");
    }

    private static string Text(double score) => score.ToString("G4", CultureInfo.InvariantCulture);
}
