using System.Text.Json;
using static Microsoft.Playwright.Assertions;

namespace SoftmaxService.Browser.Tests;

public sealed class BatchTests(Browser browser) : PageTests(browser)
{
    private ILocator Rows => Page.Locator("#batch-table tbody tr");

    private static FilePayload[] Many(int count) =>
        [
            .. Enumerable
                .Range(0, count)
                .Select(i => Payload($"{i:D3}.png", i % 2 == 0 ? RunningService.Three : RunningService.Seven)),
        ];

    [BrowserFact]
    public async Task ManyImagesAreAnsweredSortedFilteredAndExported()
    {
        await OpenAsync("#/batch?model=mnist");
        await Page.Locator("#images")
            .SetInputFilesAsync([.. Many(40), Payload("broken.png", [.. RunningService.Seven[..60]])]);

        await Expect(Page.Locator("#batch-caption")).ToContainTextAsync("41 done");
        await Expect(Rows).ToHaveCountAsync(41);
        await Expect(Page.Locator("td.failed")).ToHaveCountAsync(1);
        await Page.Locator("#batch-class").SelectOptionAsync("7");
        await Expect(Rows).ToHaveCountAsync(20);
        await Page.Locator("#batch-class").SelectOptionAsync("");

        await Page.GetByRole(AriaRole.Button, new() { Name = "name" }).ClickAsync();
        await Expect(Rows.First.Locator("th")).ToHaveTextAsync("broken.png"); // in descending order
        await Page.Locator("#batch-show").SelectOptionAsync("failed");
        await Expect(Rows).ToHaveCountAsync(1);

        var csv = (await ExportAsync("#batch-csv")).Split("\r\n");
        Assert.Equal(42, csv.Length);
        Assert.StartsWith("name,model,state,label,probability", csv[0], StringComparison.Ordinal);
        Assert.Contains("\"001.png\",\"mnist/1\",\"answered\",\"7\",", csv[2], StringComparison.Ordinal);
        using var json = JsonDocument.Parse(await ExportAsync("#batch-json"));
        Assert.Equal(41, json.RootElement.GetArrayLength());
        Assert.Equal("3", json.RootElement[0].GetProperty("label").GetString());
    }

    [BrowserFact]
    public async Task ABatchCanBeCancelledAndResumed()
    {
        var held = new TaskCompletionSource();
        await OpenAsync("#/batch?model=mnist");
        await Page.RouteAsync("**/classify?*", async route =>
        {
            await held.Task;
            try
            {
                await route.ContinueAsync();
            }
            catch (PlaywrightException)
            {
                // Cancelled, as expected.
            }
        });
        await Page.Locator("#images").SetInputFilesAsync(Many(40));
        await Page.Locator("#batch-cancel").ClickAsync();
        await Expect(Page.Locator("#batch-caption")).ToContainTextAsync("40 not requested");

        held.SetResult();
        await Page.Locator("#batch-resume").ClickAsync();
        await Expect(Page.Locator("#batch-caption")).ToContainTextAsync("40 done");
    }

    [BrowserFact]
    public async Task FilesThatAreNotImagesAreNotSent()
    {
        await OpenAsync("#/batch");
        await Page.Locator("#images").SetInputFilesAsync(Payload("notes.txt", [65, 66], "text/plain"));

        await Expect(Page.Locator("#batch-problem")).ToContainTextAsync("no image among these");
    }

    [BrowserFact]
    public async Task ABusyServiceIsRetried()
    {
        ExpectedComplaint = "429"; // of the first request
        var asked = 0;
        await OpenAsync("#/batch?model=mnist");
        await Page.RouteAsync(
            "**/classify?*",
            route =>
                Interlocked.Increment(ref asked) == 1
                    ? route.FulfillAsync(
                        new RouteFulfillOptions
                        {
                            Status = 429,
                            ContentType = "application/problem+json",
                            Body = """{"title":"busy","status":429,"code":"overloaded"}""",
                        })
                    : route.ContinueAsync());
        await Page.Locator("#images").SetInputFilesAsync(Many(3));

        await Expect(Page.Locator("#batch-caption")).ToContainTextAsync("3 done");
    }

    private async Task<string> ExportAsync(string button)
    {
        var download = await Page.RunAndWaitForDownloadAsync(() => Page.Locator(button).ClickAsync());
        return await File.ReadAllTextAsync(await download.PathAsync());
    }
}
