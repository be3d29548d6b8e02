using static Microsoft.Playwright.Assertions;

namespace SoftmaxService.Browser.Tests;

/// <summary>
/// Takes screenshots of every view, light and dark, on a phone and a desktop, for review; two of them go into the
/// documents. <c>docs/screenshots</c> runs this.
/// </summary>
public sealed class Screenshots(Browser browser) : PageTests(browser)
{
    private const string Variable = "SOFTMAX_SCREENSHOTS";

    private static readonly (string Name, int Width, int Height)[] Devices =
        [("desktop", 1280, 860), ("phone", 360, 760), ("wall", 3840, 2160)];

    // Without a folder the views are only opened, once, so that this keeps working.
    private readonly string? _folder = Environment.GetEnvironmentVariable(Variable);

    [BrowserFact]
    public async Task OfEveryView()
    {
        foreach (var (device, width, height) in _folder is null ? Devices[..1] : Devices)
        {
            ColorScheme[] schemes = _folder is null ? [ColorScheme.Light] : [ColorScheme.Light, ColorScheme.Dark];
            foreach (var scheme in schemes)
            {
                await Page.SetViewportSizeAsync(width, height);
                await Page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = scheme });
                foreach (var (view, show) in Views())
                {
                    await Page.GotoAsync("about:blank");
                    await show();
                    await Page.Mouse.MoveAsync(0, 0);
                    await Page.EvaluateAsync("() => document.activeElement.blur()");
                    await TakeAsync($"{view}-{device}-{scheme.ToString().ToLowerInvariant()}.png", device == "phone");
                }
            }
        }
    }

    private async Task TakeAsync(string name, bool isFullPage)
    {
        if (_folder is not null)
        {
            var path = Path.Combine(_folder, name);
            await Page.ScreenshotAsync(new PageScreenshotOptions { Path = path, FullPage = isFullPage });
        }
    }

    private (string View, Func<Task> Show)[] Views() =>
        [
            ("classify", ShowDigitAsync),
            ("photograph", ShowPhotographAsync),
            ("problem", ShowProblemAsync),
            ("lab", ShowLabAsync),
            ("calibration", ShowCalibrationAsync),
            ("batch", ShowBatchAsync),
        ];

    private async Task ShowDigitAsync()
    {
        await OpenAsync("#/classify?model=mnist");
        await DrawAsync(Digits.Write(7, new Random(3)));
        await Page.Locator("#coverage").SelectOptionAsync("0.01");
        await SettledAsync();
        await Expect(Page.Locator("#temperature-plot svg")).ToBeVisibleAsync();
    }

    private async Task ShowPhotographAsync()
    {
        await OpenAsync("#/classify?model=cifar10");
        await Page.Locator("#samples button[title=ship]").ClickAsync();
        await SettledAsync();
        await Expect(Page.Locator("#temperature-plot svg")).ToBeVisibleAsync();
    }

    private async Task ShowProblemAsync()
    {
        ExpectedComplaint = "Failed to load resource";
        await OpenAsync("#/classify?model=mnist");
        await Page.Locator("#file").SetInputFilesAsync(Payload("notes.png", "not an image"u8.ToArray()));
        await Expect(Page.Locator("#classify-problem")).ToBeVisibleAsync();
    }

    private async Task ShowLabAsync()
    {
        await OpenAsync("#/lab?logits=1000,999,995&names=cat,dog,ship");
        await Expect(Page.Locator("#lab-plot svg")).ToBeVisibleAsync();
    }

    private async Task ShowCalibrationAsync()
    {
        await OpenAsync("#/calibration?model=cifar10");
        await Expect(Page.Locator("#evidence figure")).ToHaveCountAsync(4);
    }

    private async Task ShowBatchAsync()
    {
        await OpenAsync("#/batch?model=mnist");
        await Page.Locator("#images")
            .SetInputFilesAsync([
                Payload("seven.png", RunningService.Seven),
                Payload("three.png", RunningService.Three),
                Payload("broken.png", RunningService.Seven[..60]),
            ]);
        await Expect(Page.Locator("#batch-caption")).ToContainTextAsync("3 done");
    }
}
