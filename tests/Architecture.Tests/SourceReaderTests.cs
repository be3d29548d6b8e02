namespace SoftmaxService.Architecture.Tests;

/// <summary>
/// The rules depend on what the reader finds. Each case uses a type of a higher room in another way.
/// </summary>
public sealed class SourceReaderTests
{
    private static readonly Project Sample =
        new("src/Sample", "Sample", "Sample", [["Upper"], ["Beside", "Lower"], ["Bottom"]]);

    private const string Upper = """
        namespace Sample.Upper;
        public class Thing { public const int Number = 1; public static int Count() => 1; }
        public sealed class ThingAttribute : System.Attribute;
        public static class ThingExtensions { public static int Extend(this int value) => value; }
        """;

    [Theory]
    [InlineData("public Thing Field;")]
    [InlineData("public void Method(Thing thing) { }")]
    [InlineData("public List<Thing[]> Property => [];")]
    [InlineData("public void Method() { var local = new Thing(); }")]
    [InlineData("public int Method() => Thing.Count();")]
    [InlineData("public const int Constant = Thing.Number;")]
    [InlineData("public string Method() => nameof(Thing);")]
    [InlineData("public object Method(object value) => value is Thing;")]
    [InlineData("public int Method() => 1.Extend();")]
    [InlineData("[Thing] public void Method() { }")]
    [InlineData("/// <see cref=\"Thing\"/>\npublic void Method() { }")]
    [InlineData("public async Task Method() { await Task.Yield(); Thing.Count(); }")]
    [InlineData("public Func<Task> Lambda = async () => { await Task.Yield(); Thing.Count(); };")]
    [InlineData("private class Nested { public Thing Field; }")]
    public void AUseOfARoomAboveIsSeenAndExplained(string member)
    {
        var uses = Read("Lower", "Upper", member);

        var fault = Assert.ThrowsAny<Exception>(() => RoomTests.AssertKeepsTheOrder(Sample, "Lower", uses));

        Assert.Contains("src/Sample/Lower/User.cs(", fault.Message, StringComparison.Ordinal);
        Assert.Contains("User uses Thing", fault.Message, StringComparison.Ordinal);
        Assert.Contains("Lower may use: Bottom.", fault.Message, StringComparison.Ordinal);
        Assert.Contains("User belongs in Upper", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Beside")]
    [InlineData("(root)")]
    public void AUseOfARoomOnTheSameLevelOrOfTheRootIsFound(string room)
    {
        var uses = Read("Lower", room == Project.Root ? "" : room, "public Thing Field;");

        Assert.ThrowsAny<Exception>(() => RoomTests.AssertKeepsTheOrder(Sample, "Lower", uses));
    }

    [Fact]
    public void AUseOfARoomBelowIsAllowed() =>
        RoomTests.AssertKeepsTheOrder(Sample, "Lower", Read("Lower", "Bottom", "public Thing Field;"));

    [Fact]
    public void TheRealSourcesAreRead()
    {
        var uses = SourceReader.UsesIn(Project.Api);

        Assert.All(
            Project.Api.Rooms,
            room => Assert.Contains(uses, use => use.UserRoom == Project.Root && use.UsedRoom == room));
        Assert.Contains(uses, use => use is { UserRoom: "Access", Used: "ProblemWriterExtensions" });
        Assert.Contains(uses, use => use is { UserRoom: "Metrics", UsedNamespace: "SoftmaxService.Inference.Models" });
    }

    private static IReadOnlyList<Use> Read(string userRoom, string usedRoom, string member)
    {
        var (usedNamespace, usedFolder) = usedRoom.Length == 0
            ? ("Sample", "src/Sample")
            : ($"Sample.{usedRoom}", $"src/Sample/{usedRoom}");
        var user = $$"""
            using {{usedNamespace}};
            namespace Sample.{{userRoom}};
            public class User
            {
            {{member}}
            }
            """;
        return SourceReader.Read(Sample,
        [
            ($"{usedFolder}/Thing.cs", Upper.Replace("Sample.Upper", usedNamespace, StringComparison.Ordinal)),
            ($"src/Sample/{userRoom}/User.cs", user),
        ]);
    }
}
