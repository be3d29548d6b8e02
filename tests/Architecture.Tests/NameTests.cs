using System.Text.RegularExpressions;

namespace SoftmaxService.Architecture.Tests;

/// <summary>Rules for the names of folders and types.</summary>
public sealed partial class NameTests
{
    [Fact]
    public void SoftmaxIsSpeltOneWayAndNamesNoFolder() => Assert.All(AllSources(), source =>
    {
        Assert.DoesNotContain(
            SourceReader.NamesIn(source.Text), name => name.Contains("SoftMax", StringComparison.Ordinal));
        Assert.DoesNotContain("/Softmax/", source.Path, StringComparison.Ordinal);
    });

    [Fact]
    public void NoTypeHasANameThatCouldHoldAnything() =>
        Assert.DoesNotContain(
            AllSources().SelectMany(source => SourceReader.TypesIn(source.Text)), name => AnythingName().IsMatch(name));

    private static IEnumerable<(string Path, string Text)> AllSources() => Directory
        .EnumerateFiles(Path.Combine(SourceReader.RepositoryRoot, "src"), "*.cs", SearchOption.AllDirectories)
        .Select(path => (path.Replace('\\', '/'), File.ReadAllText(path)));

    [GeneratedRegex("(Manager|Helper|Helpers|Util|Utils|Processor|Common)$")]
    private static partial Regex AnythingName();
}
