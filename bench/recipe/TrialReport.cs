using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using SoftmaxService.Benchmarks;

namespace SoftmaxService.RecipeBenchmarks;

/// <summary>Writes <c>bench/results/recipe.md</c>.</summary>
internal static class TrialReport
{
    private const int FirstSample = 1;

    public static string Of(NetStore store, IReadOnlyList<Answer> answers, int samples)
    {
        var text = new StringBuilder();
        var first = answers.Where(answer => answer.Sample == FirstSample).ToArray();
        text.Append(CultureInfo.InvariantCulture, $"""
            # How often `softmax recipe` is right

            {Machine.Cpu()}, {RuntimeInformation.FrameworkDescription}, {DateTime.UtcNow:yyyy-MM-dd}. Written by
            `bench/recipe/run`.

            {NetPlan.All.Count(store.Has)} of {NetPlan.All.Count} planned nets were trained, each with one transform
            of the pixels outside of its graph, and given to `softmax recipe` as bare ONNX files with {Trial.Images}
            labelled test images: {samples} samples of them for each net.
            [The method](../README.md#the-recipe-trial) is described with the benchmarks.

            | what it says | one sample a net | all samples |
            |---|---|---|

            """);
        foreach (var (outcome, words) in new[]
        {
            (Outcome.Right, "sure, and right"),
            (Outcome.Named, "not sure, and the right one is among those not told apart"),
            (Outcome.Unsure, "not sure, and the right one is not among them"),
            (Outcome.Wrong, "sure, and wrong"),
        })
        {
            text.AppendLine(
                $"| {words} | {Share(first, outcome)} | {Share(answers, outcome)} |");
        }

        text.AppendLine(CultureInfo.InvariantCulture, $"""

            {Losses(answers)}

            One search takes {Medians.Of(answers.Select(answer => answer.Seconds)):F1} s (median), with the start of
            the process.

            """);
        foreach (var (dataSet, title) in new[] { (DataSet.Mnist, "MNIST"), (DataSet.Cifar10, "CIFAR-10") })
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"""
                ## {title}

                Answers, for {samples} samples a net.

                | transform | nets, and their accuracy | right | named | not sure | wrong | named instead or beside it |
                |---|---|---|---|---|---|---|
                """);
            foreach (var group in answers.Where(answer => answer.Plan.DataSet == dataSet)
                .GroupBy(answer => (answer.Plan.Transform, answer.Plan.Channels)))
            {
                double[] accuracies =
                    [.. group.Select(answer => answer.Plan).Distinct().Select(plan => store.Read(plan).Accuracy)];
                var channels = dataSet == DataSet.Mnist && group.Key.Channels == 3 ? ", in three channels" : "";
                text.AppendLine(
                    $"| {group.Key.Transform}{channels} "
                    + $"| {accuracies.Length}: {string.Join(", ", accuracies.Select(Percent))} "
                    + $"| {Count(group, Outcome.Right)} | {Count(group, Outcome.Named)} "
                    + $"| {Count(group, Outcome.Unsure)} | {Count(group, Outcome.Wrong)} | {Confused(group)} |");
            }

            text.AppendLine();
        }

        return text.ToString();
    }

    private static string Losses(IReadOnlyCollection<Answer> answers)
    {
        double[] losses = [.. answers.Select(answer => 100 * answer.Loss).OfType<double>().Order()];
        var right = $"The recipe that it would use is the maker's in {answers.Count - losses.Length} of "
            + $"{answers.Count} answers.";
        return losses.Length == 0 ? right : string.Create(CultureInfo.InvariantCulture, $"""
            {right} In the others, whoever takes it loses this much accuracy on all test images, in percentage points:
            median {Medians.Of(losses):F2}, nine in ten at most {losses[9 * losses.Length / 10]:F2}, at most
            {losses[^1]:F2}.
            """);
    }

    /// <summary>The recipes that were named instead of the right one, or beside it; most frequent first.</summary>
    private static string Confused(IEnumerable<Answer> answers) => string.Join("; ", answers
        .Where(answer => answer.Outcome != Outcome.Right)
        .SelectMany(answer => answer.Rivals.Append(answer.Best))
        .CountBy(name => name)
        .OrderByDescending(entry => entry.Value)
        .Take(4)
        .Select(entry => $"{entry.Key} ({entry.Value})"));

    private static string Share(IReadOnlyCollection<Answer> answers, Outcome outcome) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Count(answers, outcome)} of {answers.Count} ({Percent(Count(answers, outcome) / (double)answers.Count)})");

    private static string Percent(double share) =>
        string.Create(CultureInfo.InvariantCulture, $"{100 * share:F1} %");

    private static int Count(IEnumerable<Answer> answers, Outcome outcome) =>
        answers.Count(answer => answer.Outcome == outcome);
}
