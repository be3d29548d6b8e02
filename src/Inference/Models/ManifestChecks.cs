using System.Globalization;
using SoftmaxService.Inference.Calibration;

namespace SoftmaxService.Inference.Models;

/// <summary>Rejects values in a manifest that contradict the graph or themselves.</summary>
internal static class ManifestChecks
{
    /// <summary>One label per class: the manifest's, or the classes' numbers.</summary>
    /// <exception cref="ModelLoadException">There is not one label per class.</exception>
    public static IReadOnlyList<string> Labels(IReadOnlyList<string>? labels, int classCount)
    {
        if (labels is null)
        {
            return [.. Enumerable.Range(0, classCount).Select(index => index.ToString(CultureInfo.InvariantCulture))];
        }

        if (labels.Contains(null!)) // JSON may hold a null where the type says that there is none
        {
            throw new ModelLoadException($"{ModelManifest.FileName} has a label that is null; a label is a string");
        }

        if (labels.Count != classCount)
        {
            var background = labels.Count == classCount - 1
                ? ": is class 0 \"background\"? If so, put that label first"
                : "";
            throw new ModelLoadException(
                $"{ModelManifest.FileName} has {labels.Count} labels, but the graph's output has {classCount} "
                + $"classes{background}");
        }

        return labels;
    }

    /// <summary>The calibrated temperature; null where there is none.</summary>
    /// <exception cref="ModelLoadException">The temperature is not above 0 and finite.</exception>
    public static float? Temperature(ManifestCalibration? calibration) => (float?)calibration?.Temperature switch
    {
        null => null,
        { } temperature when temperature > 0f && float.IsFinite(temperature) => temperature,
        _ => throw new ModelLoadException(
            $"calibration.temperature is {calibration!.Temperature}; it must be above 0 and finite"), // not null here
    };

    /// <exception cref="ModelLoadException">A quantile or the stored scores cannot be right.</exception>
    public static void Conformal(ConformalQuantiles? conformal)
    {
        foreach (var (alpha, quantile) in conformal?.Quantiles ?? new Dictionary<string, double>())
        {
            if (!double.TryParse(alpha, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
                || value is not (> 0 and < 1))
            {
                throw new ModelLoadException(
                    $"calibration.conformal.quantiles has '{alpha}' for an alpha; it is a number above 0 and below 1");
            }

            if (quantile is not >= 0)
            {
                throw new ModelLoadException(
                    $"calibration.conformal.quantiles['{alpha}'] is {quantile}; a score is at least 0");
            }
        }

        if (conformal?.Scores is { } scores
            && (scores.Ranks.Count != scores.Values.Count || !IsAscending(scores.Ranks) || !IsAscending(scores.Values)))
        {
            throw new ModelLoadException(
                "calibration.conformal.scores has ranks and values that do not belong together; both ascend, and there "
                + "are as many of one as of the other");
        }
    }

    private static bool IsAscending<T>(IReadOnlyList<T> values)
        where T : IComparable<T>
    {
        for (var i = 1; i < values.Count; i++)
        {
            if (values[i - 1].CompareTo(values[i]) > 0)
            {
                return false;
            }
        }

        return true;
    }
}
