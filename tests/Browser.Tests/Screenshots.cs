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
    [
        ("desktop", 1280, 860),
        ("phone", 360, 760),
        ("wall", 3840, 2160),
    ];

    [ScreenshotFact]
    public async Task OfEveryView()
    {
        var folder = Environment.GetEnvironmentVariable(Variable)!; // otherwise the test is skipped
        foreach (var (device, width, height) in Devices)
        {
            foreach (var scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
            {
                await Page.SetViewportSizeAsync(width, height);
                await Page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = scheme });
                foreach (var (view, show) in Views())
                {
                    await Page.GotoAsync("about:blank");
                    await show();
                    await Page.Mouse.MoveAsync(0, 0);
                    await Page.EvaluateAsync("() => document.activeElement.blur()");
                    await Page.ScreenshotAsync(new PageScreenshotOptions
                    {
                        Path = Path.Combine(folder, $"{view}-{device}-{scheme.ToString().ToLowerInvariant()}.png"),
                        FullPage = device == "phone",
                    });
                }
            }
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
        await Expect(Page.Locator("#batch-caption")).ToContainTextAsync("3 answered");
    }

    private sealed class ScreenshotFactAttribute : FactAttribute
    {
        public ScreenshotFactAttribute() =>
            Skip =
                InstalledChromium.WhyMissing
                ?? (
                    Environment.GetEnvironmentVariable(Variable) is null
                        ? $"{Variable} does not name a folder for the screenshots."
                        : null);
    }
}
