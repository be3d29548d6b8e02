using System.Globalization;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Calibration;

/// <summary>Warns about labelled data whose numbers should not be trusted blindly.</summary>
internal static class CalibrationWarnings
{
    // With fewer images, a share says nothing about a class: even for 10 right answers of 10, the 95 % interval begins
    // at 72 %.
    private const int MinRowsPerClass = 10;
    private const int MaxNamed = 5;

    /// <summary>Warns about rows that are probabilities where logits are expected.</summary>
    public const string LookLikeProbabilities =
        "The rows look like probabilities: each is in 0…1 and sums to 1. Treated as logits, they give a "
        + "meaningless temperature; say that their kind is probabilities (\"kind\": \"probabilities\" to POST "
        + "/calibrate, --kind probabilities on the command line).";

    public static IReadOnlyList<string> Of(LabelledLogits data, IReadOnlyList<string>? classNames)
    {
        var warnings = new List<string>(data.Warnings);
        if (ProbabilityRows.DoubtOf(data) is { } doubt)
        {
            warnings.Add(doubt);
        }

        if (data.CountImpossibleLabels() is > 0 and var impossible)
        {
            warnings.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"{impossible} of {data.Count} rows give their right class the logit -Infinity, a probability of 0 at "
                + $"any temperature. Each is fitted as if the probability were 1.4e-45 at T = 1, the smallest that a "
                + $"float holds."));
        }

        AddScarceClasses(warnings, data, classNames);
        return warnings;
    }

    private static void AddScarceClasses(List<string> warnings, LabelledLogits data, IReadOnlyList<string>? classNames)
    {
        var counts = new int[data.ClassCount];
        foreach (var label in data.Labels)
        {
            counts[label]++;
        }

        int[] lacking = [.. Indices(counts, count => count == 0)];
        if (lacking.Length > 0)
        {
            warnings.Add(
                $"{lacking.Length} of the {data.ClassCount} classes {Have(lacking)} no rows "
                + $"({Names(lacking, classNames)}): neither the temperature nor the quantiles can be trusted for "
                + $"{Them(lacking)}.");
        }

        int[] scarce = [.. Indices(counts, count => count is > 0 and < MinRowsPerClass)];
        if (scarce.Length > 0)
        {
            warnings.Add(
                $"{scarce.Length} of the {data.ClassCount} classes {Have(scarce)} fewer than {MinRowsPerClass} rows "
                + $"({Names(scarce, classNames)}): the figures for {Them(scarce)} are unreliable.");
        }
    }

    private static IEnumerable<int> Indices(int[] counts, Func<int, bool> isMeant) =>
        counts.Index().Where(one => isMeant(one.Item)).Select(one => one.Index);

    private static string Have(int[] classes) => classes.Length == 1 ? "has" : "have";

    private static string Them(int[] classes) => classes.Length == 1 ? "it" : "them";

    private static string Names(int[] classes, IReadOnlyList<string>? names)
    {
        var named = classes.Take(MaxNamed).Select(index =>
            names is null ? index.ToString(CultureInfo.InvariantCulture) : $"'{Quoting.Shorten(names[index])}'");
        return string.Join(", ", named) + (classes.Length > MaxNamed ? ", …" : "");
    }
}
