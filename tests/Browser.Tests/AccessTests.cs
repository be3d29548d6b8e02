using Deque.AxeCore.Playwright;
using static Microsoft.Playwright.Assertions;

namespace SoftmaxService.Browser.Tests;

/// <summary>
/// Accessibility: keyboard, screen reader, both colour schemes, and all screen sizes.
/// </summary>
public sealed class AccessTests(Browser browser) : PageTests(browser)
{
    private static readonly string[] Serious = ["serious", "critical"];

    public static TheoryData<string, string, int> Views
    {
        get
        {
            var views = new TheoryData<string, string, int>();
            foreach (var view in new[] { "classify", "lab", "calibration", "batch" })
            {
                views.Add(view, "light", 1280);
                views.Add(view, "dark", 360);
            }

            return views;
        }
    }

    [BrowserTheory]
    [MemberData(nameof(Views))]
    public async Task NoViewHasASeriousFault(string view, string scheme, int width)
    {
        await Page.SetViewportSizeAsync(width, 800);
        await Page.EmulateMediaAsync(
            new PageEmulateMediaOptions { ColorScheme = scheme == "dark" ? ColorScheme.Dark : ColorScheme.Light });
        await FillAsync(view);

        var found = await Page.RunAxe();
        Assert.Empty(
            found
                .Violations.Where(fault => Serious.Contains(fault.Impact))
                .Select(fault => $"{fault.Id}: {string.Join(", ", fault.Nodes.Take(3).Select(node => node.Html))}"));
        var (content, window) = (
            await Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth"),
            await Page.EvaluateAsync<int>("() => document.documentElement.clientWidth"));
        Assert.True(content <= window, $"{view} is {content} pixels wide in a window of {window}");
    }

    [BrowserFact]
    public async Task AStrokeCanBeDrawnByKeyboard()
    {
        await OpenAsync();
        await TabToAsync("canvas");
        await PressAsync("ArrowUp", 14);
        await Page.Keyboard.PressAsync("Space");
        await PressAsync("ArrowDown", 28);
        await Page.Keyboard.PressAsync("Space");
        await SettledAsync();

        await Expect(Verdict).ToContainTextAsync("1, ");
    }

    [BrowserFact]
    public async Task TheTemperatureIsMovedByKeyboard()
    {
        await OpenAsync();
        await TabToAsync("input[type=range]#classify-temperature-range");
        await Page.Keyboard.PressAsync("Home");
        await PressAsync("ArrowRight", 3);
        await Expect(Page.Locator("#classify-temperature-range")).ToHaveJSPropertyAsync("value", "3");

        // A rounded T must map back to the same position, or the slider gets stuck there.
        Assert.Empty(await Page.EvaluateAsync<int[]>(
            """
            () => Array.from({ length: 1001 }, (_, place) => place).filter(place => {
              const slider = document.querySelector('#classify-temperature-range');
              slider.value = place;
              slider.dispatchEvent(new Event('input'));
              return Number(slider.value) !== place;
            })
            """));
    }

    [BrowserFact]
    public async Task TheLabIsUsedByKeyboard()
    {
        await OpenAsync();
        await TabToAsync("a[href='#/lab']");
        await Page.Keyboard.PressAsync("Enter");
        await TabToAsync("#logits");
        await Page.Keyboard.PressAsync("ControlOrMeta+a");
        await Page.Keyboard.TypeAsync("0, 0");

        await Expect(Page.Locator("#lab-bars li .value").First).ToHaveTextAsync("50.00 %");
    }

    [BrowserFact]
    public async Task CalibrationIsUsedByKeyboard()
    {
        await OpenAsync("#/calibration");
        await TabToAsync("#rows-example");
        await Page.Keyboard.PressAsync("Enter");

        await Expect(Page.Locator("#fitted h2")).ToContainTextAsync("Temperature");
        await TabToAsync("#fitted summary");
        await Page.Keyboard.PressAsync("Enter");
        await Expect(Page.Locator("#fitted details[open] table")).ToHaveCountAsync(1);
    }

    [BrowserFact]
    public async Task TheBatchIsUsedByKeyboard()
    {
        await OpenAsync("#/batch?model=mnist");
        await TabToAsync("#images");
        await Page.Locator("#images")
            .SetInputFilesAsync([Payload("a.png", RunningService.Seven), Payload("b.png", RunningService.Three)]);
        await Expect(Page.Locator("#batch-caption")).ToContainTextAsync("2 done");
        await TabToAsync("th[data-sort=name] button");
        await Page.Keyboard.PressAsync("Enter");

        await Expect(Page.Locator("#batch-table tbody th").First).ToHaveTextAsync("b.png");
    }

    private async Task FillAsync(string view)
    {
        await OpenAsync($"#/{view}?model=mnist");
        switch (view)
        {
            case "classify":
                await DrawAsync(Digits.Seven);
                await Expect(Page.Locator("#temperature-plot svg")).ToBeVisibleAsync();
                break;
            case "calibration":
                await Expect(Page.Locator("#evidence figure")).ToHaveCountAsync(4);
                break;
            case "batch":
                await Page.Locator("#images").SetInputFilesAsync(Payload("seven.png", RunningService.Seven));
                await Expect(Page.Locator("#batch-caption")).ToContainTextAsync("1 done");
                break;
            default:
                await Expect(Page.Locator("#lab-plot svg")).ToBeVisibleAsync();
                break;
        }
    }

    private async Task PressAsync(string key, int times)
    {
        for (var i = 0; i < times; i++)
        {
            await Page.Keyboard.PressAsync(key);
        }
    }

    private async Task TabToAsync(string selector)
    {
        const int most = 60;
        for (var i = 0; i < most; i++)
        {
            if (await Page.EvaluateAsync<bool>("selector => document.activeElement.matches(selector)", selector))
            {
                return;
            }

            await Page.Keyboard.PressAsync("Tab");
        }

        Assert.Fail($"The tab key does not lead to {selector}.");
    }
}
