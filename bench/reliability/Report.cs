using System.Text;
using SoftmaxService.Benchmarks;
using SoftmaxService.HttpBenchmarks;

namespace SoftmaxService.ReliabilityBenchmarks;

/// <summary>Writes <c>bench/results/reliability.md</c>, in which each trial rewrites its own section.</summary>
internal static class Report
{
    private const string FileName = "reliability.md";
    private const string Heading = "## ";
    private const string Head =
        "# Reliability\n\nWritten by `bench/reliability/run`; each command writes its own section.\n\n";

    // The order of the sections in the file.
    private static readonly string[] Order =
    [
        "Fuzz",
        "Images",
        "Attack",
        "Bombs",
        "Overload",
        "Rolling restart",
        "Killed replica",
        "Slow clients",
        "Full disk",
        "Missing folder",
        "Clock set back",
        "Soak",
    ];

    /// <summary>Prints a section and replaces its last version in the file.</summary>
    public static async Task<int> WriteAsync(string title, string method, string body, bool isPassed)
    {
        var part =
            $"{Heading}{title}\n\n{Results.Machine}. {method}\n\n{body.Trim()}\n\n"
                + $"{(isPassed ? "Passed." : "FAILED.")}\n";
        Console.WriteLine(part);
        var path = Path.Combine(Checkout.Results, FileName);
        var parts = File.Exists(path) ? Split(await File.ReadAllTextAsync(path)) : [];
        parts[title] = part;
        Directory.CreateDirectory(Checkout.Results);
        await File.WriteAllTextAsync(
            path,
            Markdown.Wrap(
                Head
                    + string.Join(
                        '\n', parts.OrderBy(one => Array.IndexOf(Order, one.Key)).Select(one => one.Value))));
        return isPassed ? 0 : 1;
    }

    private static Dictionary<string, string> Split(string report)
    {
        var parts = new Dictionary<string, string>();
        foreach (var part in report.Split($"\n{Heading}").Skip(1))
        {
            parts[part[..part.IndexOf('\n', StringComparison.Ordinal)]] = new StringBuilder(Heading)
                .Append(part.TrimEnd())
                .Append('\n')
                .ToString();
        }

        return parts;
    }
}
