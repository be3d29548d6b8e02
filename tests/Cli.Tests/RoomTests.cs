using System.Text.RegularExpressions;

namespace SoftmaxService.Cli.Tests;

/// <summary>The references of the assembly; <c>DependencyRulesTests</c> checks its sources.</summary>
public sealed partial class RoomTests
{
    [Fact]
    public void TheCommandLineReferencesNoWebFrameworkAndNoRuntimeOfModels() =>
        Assert.DoesNotContain(
            typeof(CommandLine).Assembly.GetReferencedAssemblies(),
            reference =>
                reference.Name!.StartsWith("Microsoft.", StringComparison.Ordinal)
                || reference.Name.StartsWith("System.Net", StringComparison.Ordinal)
                || reference.Name.StartsWith("SoftmaxService.Api", StringComparison.Ordinal));

    [Fact]
    public void NoTypeHasANameThatCouldHoldAnything() =>
        Assert.DoesNotContain(typeof(CommandLine).Assembly.GetTypes(), type => AnythingName().IsMatch(type.Name));

    [GeneratedRegex("(Manager|Helper|Helpers|Util|Utils|Processor|Common)$")]
    private static partial Regex AnythingName();
}
