using System.Globalization;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Models;

/// <summary>Which of a model's versions are served: all, the n highest, or listed ones.</summary>
public sealed class VersionPolicy
{
    private const string LatestPrefix = "latest:";

    private readonly int? _latest;
    private readonly int[]? _only;

    private VersionPolicy(int? latest, int[]? only)
    {
        _latest = latest;
        _only = only;
    }

    /// <summary>Every version.</summary>
    public static VersionPolicy All { get; } = new(null, null);

    /// <summary>The versions that must exist; empty unless the policy lists versions.</summary>
    public IReadOnlyList<int> Listed => _only ?? [];

    /// <summary>Reads <c>all</c>, <c>latest:n</c> with n ≥ 1, or a list such as <c>1,3</c>.</summary>
    /// <param name="text">The policy as in the settings. Spaces and letter case do not matter.</param>
    /// <exception cref="FormatException">It is none of these; the message says what would be right.</exception>
    public static VersionPolicy Parse(string? text)
    {
        var policy = text?.Trim().ToLowerInvariant() ?? "";
        if (policy == "all")
        {
            return All;
        }

        if (policy.StartsWith(LatestPrefix, StringComparison.Ordinal)
            && TryParseVersion(policy[LatestPrefix.Length..].Trim(), out var count))
        {
            return new VersionPolicy(count, null);
        }

        var listed = policy.Split(',', StringSplitOptions.TrimEntries);
        return listed.All(version => TryParseVersion(version, out _))
            ? new VersionPolicy(
                null,
                [.. listed.Select(version => int.Parse(version, CultureInfo.InvariantCulture)).Distinct().Order()])
            : throw new FormatException(
                $"'{Quoting.Shorten(text ?? "")}' is not a version policy. Write all, latest:n with n of at least 1, "
                + "or the versions themselves, such as 1,3.");
    }

    /// <summary>The versions that the policy serves, out of those that exist.</summary>
    /// <param name="versions">Version numbers, each once.</param>
    public IEnumerable<int> Select(IEnumerable<int> versions) => (_latest, _only) switch
    {
        ({ } count, _) => versions.OrderDescending().Take(count),
        (_, { } only) => versions.Where(only.Contains),
        _ => versions,
    };

    /// <summary>Whether a folder's name is a version: a positive whole number without leading zeros.</summary>
    /// <param name="name">The folder's name.</param>
    /// <param name="version">The number.</param>
    public static bool TryParseVersion(string name, out int version)
    {
        version = 0;
        return name is [>= '1' and <= '9', ..]
            && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out version);
    }
}
