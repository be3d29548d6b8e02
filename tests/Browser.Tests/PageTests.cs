using System.Globalization;
using System.Text.Json;

namespace SoftmaxService.Browser.Tests;

/// <summary>
/// A test with a page. Only the service is reachable, and the console must stay free of errors.
/// </summary>
[Collection(nameof(Browser))]
public abstract class PageTests(Browser browser) : IAsyncLifetime
{
    private readonly List<string> _complaints = [];
    private readonly List<string> _foreignRequests = [];
    private IBrowserContext _context = null!; // set before each test, like the fields below

    protected Browser Browser { get; } = browser;

    /// <summary>The address of the service.</summary>
    protected virtual Uri Address => Browser.Address;

    protected IPage Page { get; private set; } = null!;

    /// <summary>The allowed console error of a test in which the service rejects a request.</summary>
    protected string? ExpectedComplaint { get; set; }

    protected virtual BrowserNewContextOptions Options =>
        new()
        {
            ViewportSize = new ViewportSize { Width = 1280, Height = 900 },
            ReducedMotion = ReducedMotion.Reduce,
        };

    protected ILocator Verdict => Page.Locator("#verdict");

    public async Task InitializeAsync()
    {
        if (InstalledChromium.Path is null)
        {
            return;
        }

        _context = await Browser.Chromium.NewContextAsync(Options);
        await _context.RouteAsync(
            url =>
                !url.StartsWith(Address.ToString(), StringComparison.Ordinal)
                && !url.StartsWith("blob:", StringComparison.Ordinal)
                && !url.StartsWith("data:", StringComparison.Ordinal),
            async route =>
            {
                _foreignRequests.Add(route.Request.Url);
                await route.AbortAsync();
            });
        Page = await _context.NewPageAsync();
        Page.Console += (_, message) => Note(message.Type is "error" or "warning" ? message.Text : null);
        Page.PageError += (_, fault) => Note(fault);
    }

    public async Task DisposeAsync()
    {
        if (_context is null)
        {
            return;
        }

        await _context.DisposeAsync();
        Assert.Empty(_foreignRequests);
        Assert.Empty(_complaints);
    }

    protected async Task OpenAsync(string view = "#/classify")
    {
        await Page.GotoAsync($"{Address}{view}");
        await Page.WaitForFunctionAsync(
            "() => document.querySelector('main > section:not([hidden])') && (document.querySelector('#model').value "
                + "|| location.hash.startsWith('#/lab'))");
    }

    /// <summary>Draws strokes whose points lie in 0…1 on the pad, with the mouse.</summary>
    protected async Task DrawAsync(params (double X, double Y)[][] strokes)
    {
        var pad = Page.Locator("#pad canvas");
        await pad.ScrollIntoViewIfNeededAsync();
        var box = await pad.BoundingBoxAsync() ?? throw new InvalidOperationException("The pad is not visible.");
        foreach (var stroke in strokes)
        {
            await Page.Mouse.MoveAsync(X(stroke[0]), Y(stroke[0]));
            await Page.Mouse.DownAsync();
            foreach (var point in stroke)
            {
                await Page.Mouse.MoveAsync(X(point), Y(point));
            }

            await Page.Mouse.UpAsync();
        }

        await SettledAsync();

        float X((double X, double Y) point) => (float)(box.X + (point.X * box.Width));
        float Y((double X, double Y) point) => (float)(box.Y + (point.Y * box.Height));
    }

    /// <summary>Waits until the last change is answered.</summary>
    protected Task SettledAsync() => Assertions.Expect(Verdict).ToHaveAttributeAsync("aria-busy", "false");

    /// <summary>The displayed bars in order: class and probability.</summary>
    protected async Task<(int Index, double Probability)[]> BarsAsync(string bars = "#classify-bars")
    {
        var shown = await Page.Locator($"{bars} li")
            .EvaluateAllAsync<string[]>(
                "items => items.map(item => `${item.dataset.index} ${item.dataset.probability}`)");
        return
        [
            .. shown
                .Select(text => text.Split(' '))
                .Select(pair =>
                    (
                        int.Parse(pair[0], CultureInfo.InvariantCulture),
                        double.Parse(pair[1], CultureInfo.InvariantCulture))),
        ];
    }

    /// <summary>Makes the page write its view into its address now instead of a moment later.</summary>
    protected async Task<string> LinkAsync()
    {
        await Page.Locator("#share").ClickAsync();
        return Page.Url;
    }

    /// <summary>The value of a name in the page's address.</summary>
    protected string? Linked(string name) =>
        System.Web.HttpUtility.ParseQueryString(Page.Url.Split('?').ElementAtOrDefault(1) ?? "")[name];

    protected async Task<JsonElement> SoftmaxAsync(string logits, string temperature) =>
        (await Browser.Service.SoftmaxAsync($$"""{"logits":[{{logits}}],"temperature":{{temperature}}}""")).Json;

    protected static FilePayload Payload(string name, byte[] bytes, string mediaType = "image/png") =>
        new()
        {
            Name = name,
            MimeType = mediaType,
            Buffer = bytes,
        };

    private void Note(string? complaint)
    {
        if (complaint is not null
            && (ExpectedComplaint is null || !complaint.Contains(ExpectedComplaint, StringComparison.Ordinal)))
        {
            _complaints.Add(complaint);
        }
    }
}
