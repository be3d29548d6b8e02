using SoftmaxService.Inference.Models;

namespace SoftmaxService.Inference.Tests.Models;

public sealed class VersionPolicyTests
{
    [Theory]
    [InlineData("all", "1 2 3 10")]
    [InlineData(" All ", "1 2 3 10")]
    [InlineData("latest:1", "10")]
    [InlineData("latest: 2", "10 3")]
    [InlineData("latest:9", "10 3 2 1")]
    [InlineData("1,3", "1 3")]
    [InlineData("3, 1, 1, 7", "1 3")]
    [InlineData("2", "2")]
    public void Parse_Policy_SelectsItsVersions(string text, string expected) =>
        Assert.Equal(expected, string.Join(' ', VersionPolicy.Parse(text).Select([1, 2, 3, 10])));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("latest")]
    [InlineData("latest:0")]
    [InlineData("latest:-1")]
    [InlineData("newest:2")]
    [InlineData("1,")]
    [InlineData("1,x")]
    [InlineData("01")]
    [InlineData("1.5")]
    public void Parse_WrongText_SaysWhatIsRight(string? text)
    {
        var fault = Assert.Throws<FormatException>(() => VersionPolicy.Parse(text));

        Assert.All(["all", "latest:n", "1,3"], form => Assert.Contains(form, fault.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Latest_NewVersion_ReplacesTheOldOnceItIsLoaded()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three).With("a/2", LiveFolder.Three).With(
            "a", VersionPolicy.Parse("latest:1"));
        Assert.Equal(["a/2:3"], live.Served);
        live.With("a/3", LiveFolder.Four);
        live.Repository.Scan();
        Assert.Equal(["a/2:3"], live.Served);
        live.Follow();

        Assert.Equal(["a/3:4"], live.Served);
        Assert.Equal(1, live.Repository.LoadedCount);
        Assert.Equal(
            ["1 Unavailable", "2 Unavailable", "3 Ready"],
            live.Repository.Index().Select(entry => $"{entry.Version} {entry.State}"));
    }

    [Fact]
    public void Latest_NewVersionThatIsBroken_LeavesTheOldServing()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three).With("a", VersionPolicy.Parse("latest:1"));
        _ = live.Current;
        live.With("a/2", LiveFolder.Garbage);
        live.Follow();
        live.Follow();

        Assert.Equal(["a/1:3"], live.Served);
        Assert.Equal("2", Assert.Single(live.Current.Failures).Version);
        Assert.Equal(ModelChangeKind.Failed, Assert.Single(live.Changes).Kind);
    }

    [Fact]
    public void Latest_HighestIsBrokenAtTheStart_ServesTheNext()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three).With("a/2", LiveFolder.Garbage).With(
            "a", VersionPolicy.Parse("latest:1"));

        Assert.Equal(["a/1:3"], live.Served);
        Assert.Equal("2", Assert.Single(live.Current.Failures).Version);
    }

    [Fact]
    public void Latest_HighestThatIsDeleted_ServesUntilTheNextIsLoaded()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three).With("a/2", LiveFolder.Four).With(
            "a", VersionPolicy.Parse("latest:1"));
        _ = live.Current;
        Directory.Delete(live.At("a/2"), recursive: true);
        live.Repository.Scan();
        live.Time.Advance(LiveFolder.SettleTime);
        live.Repository.Scan();
        Assert.Equal(["a/2:4"], live.Served);
        live.Repository.LoadDue();

        Assert.Equal(["a/1:3"], live.Served);
        Assert.Equal(1, live.Repository.LoadedCount);
    }

    [Fact]
    public void Listed_VersionThatIsMissing_IsReported()
    {
        using var live = new LiveFolder().With("a/1", LiveFolder.Three).With("a/2", LiveFolder.Three).With(
            "a", VersionPolicy.Parse("1,3"));

        Assert.Equal(["a/1:3"], live.Served);
        var failure = Assert.Single(live.Current.Failures);
        Assert.Equal(("a", "3"), (failure.Name, failure.Version));
        Assert.Contains("policy", failure.Reason, StringComparison.Ordinal);
    }
}
