using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace SoftmaxService.Api.Tests.Metrics;

/// <summary>One sample of <c>/metrics</c>.</summary>
internal sealed record Sample(string Name, IReadOnlyDictionary<string, string> Labels, double Value)
{
    /// <summary>The name and the labels, which identify its series.</summary>
    public string Identity
    {
        get
        {
            var labels = Labels
                .OrderBy(label => label.Key, StringComparer.Ordinal)
                .Select(label => $"{label.Key}={label.Value}");
            return $"{Name}{{{string.Join(',', labels)}}}";
        }
    }

    public bool Has(params (string Label, string Value)[] labels) =>
        labels.All(label => Labels.GetValueOrDefault(label.Label) == label.Value);
}

/// <summary>Reads Prometheus' text format and rejects anything else.</summary>
internal static partial class MetricsText
{
    public static async Task<IReadOnlyList<Sample>> ReadAsync(RunningService service)
    {
        var answer = await service.GetAsync("/metrics");

        Assert.Equal((200, "text/plain"), (answer.Status, answer.MediaType));
        return Parse(Encoding.UTF8.GetString(answer.Body));
    }

    public static IReadOnlyList<Sample> Parse(string text)
    {
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        var samples = new List<Sample>();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] != '#'))
        {
            var match = Line().Match(line);
            Assert.True(match.Success, line);
            var labels = Label()
                .Matches(match.Groups["labels"].Value)
                .ToDictionary(label => label.Groups["name"].Value, label => Unescape(label.Groups["value"].Value));
            samples.Add(
                new Sample(
                    match.Groups["name"].Value,
                    labels,
                    double.Parse(match.Groups["value"].Value, CultureInfo.InvariantCulture)));
        }

        Assert.Equal(samples.Count, samples.Select(sample => sample.Identity).Distinct().Count());
        return samples;
    }

    /// <summary>The sum of all samples with these labels; null if there are none.</summary>
    public static double? Sum(
        this IReadOnlyList<Sample> samples,
        string name,
        params (string Label, string Value)[] labels)
    {
        var found = samples.Where(sample => sample.Name == name && sample.Has(labels)).ToArray();
        return found.Length == 0 ? null : found.Sum(sample => sample.Value);
    }

    /// <summary>Waits for a condition, because a request is counted after its answer was sent.</summary>
    public static async Task<IReadOnlyList<Sample>> UntilAsync(
        RunningService service,
        Func<IReadOnlyList<Sample>, bool> condition)
    {
        for (var patience = 600; ; patience--)
        {
            var samples = await ReadAsync(service);
            if (condition(samples))
            {
                return samples;
            }

            var requests = samples
                .Where(sample => sample.Name == "softmax_requests_total")
                .Select(sample => $"{sample.Identity} {sample.Value}");
            Assert.True(patience > 0, $"The condition was not met in time: {string.Join('\n', requests)}");
            await Task.Delay(20);
        }
    }

    private static string Unescape(string text) =>
        Escape().Replace(text, match => match.Value[1] == 'n' ? "\n" : match.Value[1..]);

    [GeneratedRegex(
        """^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)"""
        + """(\{(?<labels>([a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\[\\"n])*",?)*)\})? (?<value>\S+)$""")]
    private static partial Regex Line();

    [GeneratedRegex("""(?<name>[a-zA-Z_][a-zA-Z0-9_]*)="(?<value>([^"\\]|\\.)*)["]""")]
    private static partial Regex Label();

    [GeneratedRegex("""\\.""")]
    private static partial Regex Escape();
}
