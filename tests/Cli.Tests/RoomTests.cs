namespace SoftmaxService.Cli.Tests;

/// <summary>The references of the compiled assembly.</summary>
public sealed class RoomTests
{
    [Fact]
    public void TheCommandLineReferencesNoWebFrameworkAndNoRuntimeOfModels() =>
        Assert.DoesNotContain(
            typeof(CommandLine).Assembly.GetReferencedAssemblies(),
            reference =>
                (reference.Name!.StartsWith("Microsoft.", StringComparison.Ordinal)
                    && reference.Name != "Microsoft.Win32.Primitives") // .NET's own, for Win32Exception
                || reference.Name.StartsWith("System.Net", StringComparison.Ordinal)
                || reference.Name.StartsWith("SoftmaxService.Api", StringComparison.Ordinal));
}
