
namespace SoftmaxService.Api.Tests.Documentation;

/// <summary>The documents, by their path in the repository.</summary>
internal static class Documents
{
    public const string ReadMe = "README.md";

    /// <summary>README.md and the pages of docs.</summary>
    public static IEnumerable<string> Manual =>
        All.Where(path => path == ReadMe || path.StartsWith("docs/", StringComparison.Ordinal));

    public static IReadOnlyList<string> All { get; } = [.. Repository.FilesWith(".md")];
}
