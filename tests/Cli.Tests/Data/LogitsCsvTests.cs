using SoftmaxService.Cli.Data;

namespace SoftmaxService.Cli.Tests.Data;

public sealed class LogitsCsvTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_WithoutHeading_TakesTheLastColumnAsLabel()
    {
        var set = Read("1.5,-2,0\n3,4e-1,1\n");

        Assert.Equal([1.5f, -2f, 3f, 0.4f], set.Logits);
        Assert.Equal([0, 1], set.Labels);
        Assert.Equal(["0", "1"], set.ClassNames);
        Assert.Equal(["line 1", "line 2"], set.Sources);
    }

    [Fact]
    public void Read_WithHeading_TakesNamesFromItAndLabelsByName()
    {
        var set = Read("label,cat,dog\ndog,1,2\r\n0,3,4\n\n");

        Assert.Equal(["cat", "dog"], set.ClassNames);
        Assert.Equal([1, 0], set.Labels);
        Assert.Equal([1f, 2f, 3f, 4f], set.Logits);
    }

    [Fact]
    public void Read_SkipAndLimit_CountLinesOfLogits() =>
        Assert.Equal([1, 0], Read("a,b,label\n1,2,0\n1,2,1\n1,2,0\n1,2,1\n", skip: 1, limit: 2).Labels);

    [Theory]
    [InlineData("1,2,0\n1,,0\n", "line 2, column 2 is empty")]
    [InlineData("1,2,0\n1,2,\n", "line 2 has no label")]
    [InlineData("1,2,0\n1,2\n", "line 2 has 2 cells; the first has 3")]
    [InlineData("1,2,0\n\n1,2,0\n", "line 2 is empty")]
    [InlineData("1,2,0\n1,x,0\n", "line 2, column 2: 'x' is not a finite number")]
    [InlineData("1,2,0\n1,NaN,0\n", "line 2, column 2: 'NaN' is not a finite number")]
    [InlineData("1,2,0\n1,2,2\n", "line 2: '2' is not a class")]
    [InlineData("1,2,0\n1,2,1.5\n", "line 2: '1.5' is not a class")]
    [InlineData("1,0\n", "at least two logits and a label")]
    [InlineData("", "no logits in it")]
    [InlineData("a,b,label\n", "no logits in it")]
    public void Read_Fault_IsRejectedWithFileAndLine(string content, string reason)
    {
        var rejection = Assert.Throws<DataException>(() => Read(content)).Message;

        Assert.Contains("logits.csv", rejection, StringComparison.Ordinal);
        Assert.Contains(reason, rejection, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_OtherClassCountThanTheModel_IsRejected() =>
        Assert.Contains(
            "the model has 3 classes",
            Assert.Throws<DataException>(() => Read("1,2,0\n", classNames: ["a", "b", "c"])).Message,
            StringComparison.Ordinal);

    private ScoredSet Read(
        string content,
        IReadOnlyList<string>? classNames = null,
        int skip = 0,
        int limit = int.MaxValue) =>
        LogitsCsv.Read(_folder.Write("logits.csv", content), classNames, skip, limit, CancellationToken.None);
}
