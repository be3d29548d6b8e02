using System.Text.RegularExpressions;

namespace SoftmaxService.Api.Tests.Metrics;

/// <summary>
/// The names in a PromQL expression: its metrics with the labels of their selectors, and the labels that it groups by.
/// </summary>
internal sealed partial class PromQl
{
    private static readonly HashSet<string> Aggregations =
    [
        "sum",
        "min",
        "max",
        "avg",
        "count",
        "topk",
        "bottomk",
        "quantile",
        "stddev",
        "group",
    ];
    private static readonly HashSet<string> LabelLists =
    [
        "by",
        "without",
        "on",
        "ignoring",
        "group_left",
        "group_right",
    ];
    private static readonly HashSet<string> Operators = ["and", "or", "unless", "offset", "bool"];

    private PromQl()
    {
    }

    public List<(string Metric, List<string> Labels)> Metrics { get; } = [];

    public List<string> Groupings { get; } = [];

    public static PromQl Read(string expression)
    {
        var read = new PromQl();
        var tokens = Token()
            .Matches(expression)
            .Select(match => match.Value)
            .Where(token => token.Trim().Length > 0)
            .ToArray();
        for (var i = 0; i < tokens.Length; i++)
        {
            var next = i + 1 < tokens.Length ? tokens[i + 1] : "";
            if (LabelLists.Contains(tokens[i]))
            {
                while (next == "(" && tokens[++i] != ")")
                {
                    read.Groupings.AddRange(tokens[i] is "(" or "," ? [] : [tokens[i]]);
                }
            }
            else if (tokens[i] == "{")
            {
                while (tokens[++i] != "}")
                {
                    read.Metrics[^1].Labels.AddRange(Name().IsMatch(tokens[i]) ? [tokens[i]] : []);
                }
            }
            else if (Name().IsMatch(tokens[i])
                && next != "("
                && !Aggregations.Contains(tokens[i])
                && !Operators.Contains(tokens[i]))
            {
                read.Metrics.Add((tokens[i], []));
            }
        }

        return read;
    }

    // A range in brackets, a string, a name, a number or duration, or a single character.
    [GeneratedRegex("""\[[^\]]*\]|"[^"]*"|[a-zA-Z_:][a-zA-Z0-9_:]*|[0-9.]+[a-z]*|\s+|.""", RegexOptions.Singleline)]
    private static partial Regex Token();

    [GeneratedRegex("^[a-zA-Z_:]")]
    private static partial Regex Name();
}
