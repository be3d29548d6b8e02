using static Microsoft.Playwright.Assertions;

namespace SoftmaxService.Browser.Tests;

/// <summary>Errors are explained, with a remedy.</summary>
public sealed class ProblemTests(Browser browser) : PageTests(browser)
{
    private ILocator Problem => Page.Locator("#classify-problem");

    [BrowserFact]
    public async Task AFileThatIsNotAnImageIsRejectedWithAReason()
    {
        ExpectedComplaint = "Failed to load resource";
        await OpenAsync();
        await Page.Locator("#file").SetInputFilesAsync(Payload("notes.png", "not an image"u8.ToArray()));

        await Expect(Problem).ToContainTextAsync("image-format-unsupported");
        await Expect(Problem).ToContainTextAsync("PNG");
    }

    [BrowserFact]
    public async Task AKeyIsRequestedWhenOneIsRequired()
    {
        ExpectedComplaint = "Failed to load resource";
        await OpenAsync();
        await Page.RouteAsync(
            "**/classify?*",
            route =>
                route.Request.Headers.GetValueOrDefault("x-api-key") == "open sesame"
                    ? route.ContinueAsync()
                    : route.FulfillAsync(
                        new RouteFulfillOptions
                        {
                            Status = 401,
                            ContentType = "application/problem+json",
                            Body =
                                """
                                {"title":"An API key is required","detail":"Send it as X-API-Key.","status":401,
                                 "code":"key-missing"}
                                """,
                        }));
        await Page.Locator("#file").SetInputFilesAsync(Payload("seven.png", RunningService.Seven));
        await Problem.GetByRole(AriaRole.Button).ClickAsync();
        await Page.Locator("#key").FillAsync("open sesame");
        await Page.Locator("#key-use").ClickAsync();

        await Expect(Verdict).ToContainTextAsync("7, ");
        await Expect(Problem).ToBeHiddenAsync();
    }

    [BrowserFact]
    public async Task AnUnreachableServiceIsReportedAndRetried()
    {
        ExpectedComplaint = "Failed to load resource";
        await OpenAsync();
        await Page.RouteAsync("**/classify?*", route => route.AbortAsync("connectionrefused"));
        await Page.Locator("#file").SetInputFilesAsync(Payload("seven.png", RunningService.Seven));
        await Expect(Problem).ToContainTextAsync("The service does not respond");

        await Page.UnrouteAsync("**/classify?*");
        await Problem.GetByRole(AriaRole.Button, new() { Name = "Try again" }).ClickAsync();
        await Expect(Verdict).ToContainTextAsync("7, ");
    }

    [BrowserFact]
    public async Task ALinkToAModelThatIsNotServedIsReported()
    {
        await OpenAsync("#/classify?model=unicorn");

        await Expect(Page.Locator("#problem")).ToContainTextAsync("There is no unicorn here");
    }

    [BrowserFact]
    public async Task ADamagedLinkIsReported()
    {
        await OpenAsync("#/classify?model=mnist&logits=1,2");

        await Expect(Problem).ToContainTextAsync("2 logits; mnist has 10");
    }
}
