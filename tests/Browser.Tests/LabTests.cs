using static Microsoft.Playwright.Assertions;

namespace SoftmaxService.Browser.Tests;

public sealed class LabTests(Browser browser) : PageTests(browser)
{
    private ILocator Rows => Page.Locator("#lab-table tbody tr");

    [BrowserFact]
    public async Task ANaiveSoftmaxIsShownToFailWhereOursDoesNot()
    {
        await OpenAsync("#/lab?logits=1000,0");

        await Expect(Rows).ToHaveCountAsync(2);
        await Expect(Rows.First).ToContainTextAsync("NaN");
        await Expect(Rows.First.Locator("td").Nth(1)).ToHaveTextAsync("1");
        await Expect(Page.Locator("#naive-verdict")).ToContainTextAsync("not a number");
    }

    [BrowserFact]
    public async Task NumbersAreThoseOfTheService()
    {
        await OpenAsync("#/lab?logits=2,1,0.1&T=0.5&names=cat,dog,ship&target=1");
        await Expect(Rows).ToHaveCountAsync(3);
        var gradient = (
            await Browser.Service.PostAsync(
                "/softmax/gradient",
                """{"logits":[2,1,0.1],"temperature":0.5,"target":1}"""
            )).Json;
        var expected = await SoftmaxAsync("2,1,0.1", "0.5");

        await Expect(Page.Locator("#lab-verdict")).ToContainTextAsync("cross-entropy for dog");
        var bars = await BarsAsync("#lab-bars");
        Assert.Equal([0, 1, 2], bars.Select(bar => bar.Index));
        Assert.All(
            bars,
            bar => Assert.Equal(expected.GetProperty("probabilities")[bar.Index].GetDouble(), bar.Probability, 1e-6));
        for (var i = 0; i < 3; i++)
        {
            var shown = double.Parse(
                (await Rows.Nth(i).Locator("td").Nth(3).TextContentAsync())!,
                System.Globalization.CultureInfo.InvariantCulture);
            Assert.Equal(gradient.GetProperty("gradient")[i].GetDouble(), shown, 1e-3);
        }
    }

    [BrowserFact]
    public async Task ANameMayHoldACommaAndQuotes()
    {
        await OpenAsync(
            $"#/lab?logits=2,1,0.1&names={Uri.EscapeDataString("\"tench, Tinca tinca\", \"the \"\"other\"\"\", cat")}");

        await Expect(Rows.Nth(0).Locator("th")).ToHaveTextAsync("tench, Tinca tinca");
        await Expect(Rows.Nth(1).Locator("th")).ToHaveTextAsync("the \"other\"");
        await Expect(Rows.Nth(2).Locator("th")).ToHaveTextAsync("cat");
    }

    [BrowserFact]
    public async Task AMaskedClassHasNoProbability()
    {
        await OpenAsync("#/lab?logits=1,-Infinity,2");

        await Expect(Rows.Nth(1).Locator("td").Nth(1)).ToHaveTextAsync("0");
        await Expect(Rows.Nth(1).Locator("td").Nth(2)).ToHaveTextAsync("-Infinity");
    }

    [BrowserFact]
    public async Task MoreLogitsThanTheLabShowsAreRejected()
    {
        await OpenAsync("#/lab");
        await Page.Locator("#logits").FillAsync(string.Join(',', Enumerable.Repeat("1", 1001)));

        await Expect(Page.Locator("#lab-problem"))
            .ToContainTextAsync("There are 1001 logits; the lab shows at most 1000.");
        await Page.Locator("#logits").FillAsync(string.Join(',', Enumerable.Repeat("1", 1000)));
        await Expect(Page.Locator("#lab-problem")).ToBeHiddenAsync();
        await Expect(Rows).ToHaveCountAsync(1000);
    }

    [BrowserFact]
    public async Task WhatIsNoNumberIsNamed()
    {
        await OpenAsync("#/lab");
        await Page.Locator("#logits").FillAsync("1, two, 3");

        await Expect(Page.Locator("#lab-problem")).ToContainTextAsync("“two” is not a number");
        await Page.Locator("#logits").FillAsync("1, 2, 3");
        await Expect(Page.Locator("#lab-problem")).ToBeHiddenAsync();
    }

    [BrowserFact]
    public async Task TheCommandThatIsCopiedIsTheSameQuestion()
    {
        await OpenAsync("#/lab?logits=5,-100&T=2");

        await Expect(Page.Locator("#curl")).ToContainTextAsync($"curl -s {Browser.Address}softmax");
        await Expect(Page.Locator("#curl")).ToContainTextAsync("""{"logits":[5,-100],"temperature":2}""");
    }

    [BrowserFact]
    public async Task RejectionsOfTheServiceAreShownWithTheirReason()
    {
        ExpectedComplaint = "400"; // of the request that should fail
        await OpenAsync("#/lab?logits=-Infinity,-Infinity");

        await Expect(Page.Locator("#lab-problem")).ToContainTextAsync("invalid-logits");
        await Expect(Page.Locator("#lab-problem")).ToContainTextAsync("masks every class");
    }
}
