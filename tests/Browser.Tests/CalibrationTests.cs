using static Microsoft.Playwright.Assertions;

namespace SoftmaxService.Browser.Tests;

public sealed class CalibrationTests(Browser browser) : PageTests(browser)
{
    [BrowserTheory]
    [InlineData("mnist")]
    [InlineData("cifar10")]
    public async Task AModelShowsItsEvidence(string model)
    {
        await OpenAsync($"#/calibration?model={model}");
        var calibration = (await Browser.Service.GetAsync($"/models/{model}/1")).Json.GetProperty("calibration");

        await Expect(Page.Locator("#evidence h2").First).ToContainTextAsync("Temperature 0.");
        await Expect(Page.Locator("#evidence figure")).ToHaveCountAsync(4);
        await Expect(Page.Locator("#evidence")).ToContainTextAsync("Model card");
        var bins = calibration
            .GetProperty("reliability")
            .EnumerateArray()
            .Count(bin => bin.GetProperty("count").GetInt32() > 0);
        await Expect(Page.Locator("#evidence figure").Nth(1).Locator("rect.accuracy")).ToHaveCountAsync(bins);
        await Expect(Page.Locator("#evidence figure").Nth(1).Locator("tbody tr")).ToHaveCountAsync(bins);
        await Expect(Page.Locator("#evidence svg.confusion rect")).ToHaveCountAsync(100);
    }

    [BrowserFact]
    public async Task EnteredRowsAreFitted()
    {
        await OpenAsync("#/calibration");
        await Page.Locator("#rows-example").ClickAsync();

        await Expect(Page.Locator("#fitted h2")).ToContainTextAsync("Temperature ");
        await Expect(Page.Locator("#fitted")).ToContainTextAsync("Above 1");
        await Expect(Page.Locator("#fitted figure")).ToHaveCountAsync(4);
    }

    [BrowserFact]
    public async Task ProbabilitiesCauseAWarningUnlessDeclared()
    {
        var rows = string.Join(
            '\n',
            Enumerable
                .Range(0, 60)
                .Select(i => $"{(i % 2 == 0 ? "0.8, 0.2" : "0.2, 0.8")}, {(i % 5 == 0 ? 1 - (i % 2) : i % 2)}"));
        await OpenAsync("#/calibration");
        await Page.Locator("#rows").FillAsync(rows);
        await Page.Locator("#fit").ClickAsync();
        await Expect(Page.Locator("#fitted .warnings")).ToContainTextAsync("look like probabilities");

        await Page.Locator("#rows-kind").SelectOptionAsync("probabilities");
        await Expect(Page.Locator("#fitted h2")).ToContainTextAsync("Temperature 1");
        await Expect(Page.Locator("#fitted .warnings")).ToHaveCountAsync(0);
    }

    [BrowserTheory]
    [InlineData("", "There are no rows")]
    [InlineData("1, 2, 0\n3, 4, 7", "Line 2")]
    [InlineData("1, 2, 0\n1, 2, 3, 0", "Line 2 has 3 logits, the first has 2")]
    [InlineData("1, 2, 0\n1, x, 0", "Line 2: “x” is not a number")]
    public async Task RowsThatCannotBeReadAreNamed(string rows, string says)
    {
        await OpenAsync("#/calibration");
        await Page.Locator("#rows").FillAsync(rows);
        await Page.Locator("#fit").ClickAsync();

        await Expect(Page.Locator("#fit-problem")).ToContainTextAsync(says);
    }

    [BrowserFact]
    public async Task RowsThatCannotBeFittedAreRejectedByTheService()
    {
        ExpectedComplaint = "Failed to load resource"; // the request that should fail
        await OpenAsync("#/calibration");
        await Page.Locator("#rows").FillAsync("5, 0, 0\n4, 0, 0\n6, 1, 0");
        await Page.Locator("#fit").ClickAsync();

        await Expect(Page.Locator("#fit-problem")).ToContainTextAsync("calibration");
    }
}
