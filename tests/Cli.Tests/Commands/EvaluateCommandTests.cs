using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;

namespace SoftmaxService.Cli.Tests.Commands;

public sealed class EvaluateCommandTests : IDisposable
{
    private readonly PickFirstData _data = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task TheNumbersAreThoseOfTheLogits()
    {
        var (images, logits, labels) = _data.WriteIdx(60);

        var run = await CommandRun.OfAsync(
            "evaluate",
            _data.ModelPath,
            images,
            "--skip",
            "10",
            "--limit",
            "40",
            "--json");

        Assert.Equal(0, run.ExitCode);
        var found = JsonDocument.Parse(run.Output).RootElement;
        var range = Enumerable.Range(10, 40).ToArray();
        var nll = range.Average(i => Math.Log(logits[i].Sum(logit => Math.Exp(logit))) - logits[i][labels[i]]);
        var right = range.Count(i => Array.IndexOf(logits[i], logits[i].Max()) == labels[i]);
        var metrics = found.GetProperty("before").GetProperty("metrics");
        Assert.Equal(40, found.GetProperty("count").GetInt32());
        Assert.Equal(nll, metrics.GetProperty("nll").GetDouble(), 1e-5);
        Assert.Equal(right / 40.0, metrics.GetProperty("accuracy").GetDouble(), 1e-12);
        Assert.EndsWith("images 10 to 49", found.GetProperty("dataset").GetString(), StringComparison.Ordinal);
        Assert.Equal("pick/1", found.GetProperty("model").GetString());
    }

    [Fact]
    public async Task ARandomPartAndItsRestAddUpForImagesAndLogits()
    {
        var (images, logits, labels) = _data.WriteIdx(60);
        var csv = Path.Combine(Path.GetDirectoryName(images)!, "logits.csv");
        static string Text(float number) => number.ToString(CultureInfo.InvariantCulture);
        var lines = logits.Select((row, i) => $"{string.Join(',', row.Select(Text))},{labels[i]}");
        await File.WriteAllLinesAsync(csv, lines);

        var whole = await SumOfNllAsync(images);
        var part = await SumOfNllAsync(images, "--shuffle", "5", "--limit", "25");
        var rest = await SumOfNllAsync(images, "--shuffle", "5", "--skip", "25");

        Assert.NotEqual(await SumOfNllAsync(images, "--limit", "25"), part, 1e-6);
        Assert.Equal(whole, part + rest, 1e-4);
        Assert.Equal(part, await SumOfNllAsync(csv, "--shuffle", "5", "--limit", "25"), 1e-3);
    }

    [Fact]
    public async Task ARequestedTemperatureIsMeasuredToo()
    {
        var run = await CommandRun.OfAsync(
            "evaluate",
            _data.ModelPath,
            _data.WriteIdx(60).Images,
            "--temperature",
            "2.5",
            "--json");

        var found = JsonDocument.Parse(run.Output).RootElement;
        Assert.Equal(2.5, found.GetProperty("after").GetProperty("temperature").GetDouble());
        Assert.Equal("request", found.GetProperty("temperatureSource").GetString());
    }

    [Fact]
    public async Task ACalibratedModelShowsItsPredictionSetsAndTellsNoiseApart()
    {
        var (images, _, _) = _data.WriteIdx(400);
        Assert.Equal(0, (await CommandRun.OfAsync("calibrate", _data.ModelPath, images)).ExitCode);

        var run = await CommandRun.OfAsync(
            "evaluate",
            _data.ModelPath,
            images,
            "--ood",
            "noise",
            "--ood",
            images,
            "--json");

        var found = JsonDocument.Parse(run.Output).RootElement;
        Assert.Equal("calibrated", found.GetProperty("temperatureSource").GetString());
        var sets = found.GetProperty("predictionSets").EnumerateArray().ToArray();
        Assert.Equal([0.1, 0.05, 0.01], sets.Select(set => set.GetProperty("alpha").GetDouble()));
        Assert.InRange(sets[0].GetProperty("coverage").GetDouble(), 0.9, 0.93);
        var others = found.GetProperty("outOfDistribution").EnumerateArray().ToArray();
        Assert.Equal("uniform noise", others[0].GetProperty("dataset").GetString());
        Assert.InRange(others[0].GetProperty("auroc").GetDouble(), 0.5, 1);
        Assert.Equal(0.5, others[1].GetProperty("auroc").GetDouble(), 1e-9);
    }

    [Fact]
    public async Task TheReportIsOnePageThatNeedsNoOtherHost()
    {
        var (images, _, _) = _data.WriteIdx(400);
        await CommandRun.OfAsync("calibrate", _data.ModelPath, images);
        var folder = Path.Combine(_data.FolderPath, "a", "report");

        var run = await CommandRun.OfAsync("evaluate", _data.ModelPath, images, "--report", folder);

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(
            [
                "confusion.png",
                "confusion.svg",
                "coverage.png",
                "coverage.svg",
                "reliability.png",
                "reliability.svg",
                "report.html",
            ],
            Directory.EnumerateFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        var page = XDocument.Load(Path.Combine(folder, "report.html"));
        Assert.Equal(3, page.Descendants().Count(element => element.Name.LocalName == "svg"));
        Assert.DoesNotContain(
            page.Descendants().Attributes(),
            attribute =>
                attribute.Name.LocalName is "src" or "href"
                && attribute.Value.StartsWith("http", StringComparison.OrdinalIgnoreCase));
        var ids = page.Descendants().Attributes("id").Select(id => id.Value).ToArray();
        Assert.Equal(ids.Length, ids.Distinct().Count());

        // The drawings contain text as text, independent of the machine's fonts.
        var words = XDocument
            .Load(Path.Combine(folder, "reliability.svg"))
            .Descendants()
            .Where(element => element.Name.LocalName == "text")
            .Select(text => text.Value)
            .ToArray();
        Assert.Contains("confidence", words);
        Assert.Contains("accuracy", words);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(2, "evaluate")]
    [InlineData(2, "evaluate", "model")]
    [InlineData(2, "evaluate", "model", "data", "--bins", "0")]
    [InlineData(2, "evaluate", "model", "data", "--temperature", "-1")]
    [InlineData(2, "evaluate", "model", "data", "--unknown")]
    [InlineData(2, "evaluate", "model", "data", "--logits", "file.csv")]
    [InlineData(2, "evaluate", "--logits", "file.csv", "--ood", "noise")]
    [InlineData(2, "calibrate", "model", "data", "--alpha", "1")]
    [InlineData(2, "calibrate", "model", "data", "--method", "best")]
    [InlineData(1, "evaluate", "no-such-model", "data")]
    [InlineData(1, "evaluate", "--logits", "no-such-file.csv")]
    [InlineData(1, "inspect", "no-such-model")]
    [InlineData(0, "--help")]
    public async Task TheExitCodeSaysWhatHappened(int code, params string[] arguments) =>
        Assert.Equal(code, (await CommandRun.OfAsync(arguments)).ExitCode);

    private async Task<double> SumOfNllAsync(string data, params string[] options)
    {
        var run = await CommandRun.OfAsync(["evaluate", _data.ModelPath, data, .. options, "--json"]);

        Assert.Equal(0, run.ExitCode);
        var found = JsonDocument.Parse(run.Output).RootElement;
        return found.GetProperty("before").GetProperty("metrics").GetProperty("nll").GetDouble()
            * found.GetProperty("count").GetInt32();
    }
}
