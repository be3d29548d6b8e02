using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Hosting;
using static Microsoft.Playwright.Assertions;

namespace SoftmaxService.Browser.Tests;

/// <summary>Models with very many classes, and with very long class names.</summary>
public sealed partial class LargeModelTests(Browser browser, LargeModelService service)
    : PageTests(browser),
        IClassFixture<LargeModelService>
{
    protected override Uri Address => service.Client.BaseAddress!; // set when the client is created

    [BrowserFact]
    public async Task AHundredThousandClassesKeepTheirCurvesAndTheSliderMoves()
    {
        var asked = 0;
        Page.Request += (_, request) => asked += request.Url.EndsWith("/softmax", StringComparison.Ordinal) ? 1 : 0;
        await OpenAsync("#/classify?model=many");
        await ClassifySampleAsync();

        await Expect(Page.Locator("#temperature-plot polyline")).ToHaveCountAsync(101);
        await Expect(Page.Locator("#temperature-plot .plot-note"))
            .ToContainTextAsync("the other 99,900 are one line together");
        await Expect(Page.Locator("#classify-note")).ToContainTextAsync("1,000 most probable of 100,000 classes");
        await Expect(Page.Locator("#to-lab")).ToBeHiddenAsync();

        // Sixty steps of one frame each. A tenth of a second per step would already be noticeable.
        var milliseconds = await Page.EvaluateAsync<double>(
            """
            async () => {
              const slider = document.querySelector('#classify-temperature-range');
              const start = performance.now();
              for (let i = 0; i < 60; i++) {
                slider.value = 300 + i;
                slider.dispatchEvent(new Event('input'));
                await new Promise(requestAnimationFrame);
              }
              return performance.now() - start;
            }
            """);
        await SettledAsync();
        Assert.InRange(milliseconds, 0, 6000);
        Assert.Equal(0, asked);

        var temperature = await Page.Locator("#classify-temperature input[type=number]").InputValueAsync();
        var expected = (
            await service.ClassifyAsync(RunningService.Seven, $"?model=many&topK=3&temperature={temperature}")).Json;
        var bars = await BarsAsync();
        Assert.All(
            expected.GetProperty("predictions").EnumerateArray().Index(),
            one => Assert.Equal(one.Item.GetProperty("probability").GetDouble(), bars[one.Index].Probability, 1e-7));
        await Expect(Page.Locator("#entropy"))
            .ToContainTextAsync(
                expected
                    .GetProperty("uncertainty")
                    .GetProperty("entropy")
                    .GetDouble()
                    .ToString("0.000", CultureInfo.InvariantCulture));
    }

    [BrowserTheory]
    [InlineData(1280)]
    [InlineData(360)]
    public async Task NamesOfTenThousandLettersFitThePage(int width)
    {
        await Page.SetViewportSizeAsync(width, 900);
        await OpenAsync("#/classify?model=wordy");
        await ClassifySampleAsync();
        await Expect(Page.Locator("#set .chip").First).ToBeVisibleAsync();
        await Page.Locator("#temperature-plot summary").ClickAsync();
        await AssertFitsThePageAsync();
        Assert.Equal(
            LargeModelService.LongLabel,
            await Page.Locator("#classify-bars li .name").First.GetAttributeAsync("title"));

        await Page.Locator("#to-lab").ClickAsync();
        await Expect(Page.Locator("#lab-bars li").First).ToBeVisibleAsync();
        await AssertFitsThePageAsync();

        await OpenAsync("#/calibration?model=wordy");
        await Expect(Page.Locator("#evidence")).ToContainTextAsync("Model card");
        await Page.Locator("#evidence summary").Last.ClickAsync();
        await AssertFitsThePageAsync();

        await OpenAsync("#/batch?model=wordy");
        await Expect(Page).ToHaveURLAsync(EnteredView()); // from here on, the view handles events
        await Page.Locator("#images").SetInputFilesAsync([Payload("seven.png", RunningService.Seven)]);
        await Expect(Page.Locator("#batch-table tbody")).ToContainTextAsync("…");
        await AssertFitsThePageAsync();
    }

    [GeneratedRegex("batch.*version=1")]
    private static partial Regex EnteredView();

    private async Task ClassifySampleAsync()
    {
        await Page.Locator("#file").SetInputFilesAsync([Payload("seven.png", RunningService.Seven)]);
        await Expect(Page.Locator("#classify-bars li").First).ToBeVisibleAsync();
        await SettledAsync();
    }

    private async Task AssertFitsThePageAsync()
    {
        var (content, window) = (
            await Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth"),
            await Page.EvaluateAsync<int>("() => document.documentElement.clientWidth"));
        Assert.True(content <= window, $"{Page.Url.Split('?')[0]} is {content} pixels wide in a window of {window}");

        // Elements that scroll are only a few of their columns wide.
        Assert.InRange(
            await Page.EvaluateAsync<int>(
                "() => Math.max(...[...document.querySelectorAll('main *:not(input, textarea)')].map(element => "
                    + "element.scrollWidth))"),
            1,
            6000);
    }
}

/// <summary>The service with these models.</summary>
public sealed class LargeModelService : RunningService
{
    private readonly TemporaryFolder _models = new();

    public LargeModelService()
    {
        ManyClasses.Write(_models, 100_000);
        ManyClasses.Write(
            _models,
            4,
            "wordy",
            [LongLabel, $"b{LongLabel}", $"{LongLabel}c", new string('ü', 10_000)],
            new
            {
                temperature = 1.5,
                count = 400,
                confusion = new[] { new[] { 90, 10, 0, 0 }, [0, 100, 0, 0], [0, 0, 100, 0], [1, 0, 0, 99] },
                conformal = new
                {
                    method = "lac",
                    count = 400,
                    quantiles = new Dictionary<string, double> { ["0.05"] = 0.99 },
                },
            });
    }

    public static string LongLabel { get; } = new('W', 10_000);

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        base.ConfigureWebHost(builder);
        builder.UseSetting("Models:Folder", _models.Path);
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
        {
            _models.Dispose();
        }
    }
}
