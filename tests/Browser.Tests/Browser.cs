using System.Diagnostics.CodeAnalysis;

namespace SoftmaxService.Browser.Tests;

/// <summary>
/// The service with the shipped models and a real Chromium. All tests share both; each test has its own page.
/// </summary>
[SuppressMessage(
    "Design",
    "CA1001:Types that own disposable fields should be disposable",
    Justification = "xunit ends it by DisposeAsync.")]
public sealed class Browser : IAsyncLifetime
{
    private readonly RunningService _service = new();
    private IPlaywright? _playwright;
    private IBrowser? _chromium;

    public RunningService Service => _service;

    public Uri Address => _service.Client.BaseAddress!; // set when the client is created

    public IBrowser Chromium => _chromium!; // tests are skipped if there is none

    public async Task InitializeAsync()
    {
        if (InstalledChromium.Path is { } path)
        {
            _playwright = await Playwright.CreateAsync();
            _chromium = await _playwright.Chromium.LaunchAsync(
                new BrowserTypeLaunchOptions
                {
                    ExecutablePath = path,
                    Args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
                });
        }
    }

    public async Task DisposeAsync()
    {
        if (_chromium is not null)
        {
            await _chromium.DisposeAsync();
        }

        _playwright?.Dispose();
        await _service.DisposeAsync();
    }
}

[CollectionDefinition(nameof(Browser))]
public sealed class BrowserGroup : ICollectionFixture<Browser>;

/// <summary>An installed Chromium.</summary>
internal static class InstalledChromium
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

    public static string? Path { get; } =
        Environment.GetEnvironmentVariable("SOFTMAX_CHROMIUM")
        ?? (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(System.IO.Path.PathSeparator)
            .SelectMany(folder => Names.Select(name => System.IO.Path.Combine(folder, name)))
            .FirstOrDefault(File.Exists);

    public static string? WhyMissing { get; } =
        Path is null
            ? $"There is no Chromium here: none of {string.Join(", ", Names)} is on PATH, and SOFTMAX_CHROMIUM does "
                + "not name one."
            : null;
}

internal sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute() => Skip = InstalledChromium.WhyMissing;
}

internal sealed class BrowserTheoryAttribute : TheoryAttribute
{
    public BrowserTheoryAttribute() => Skip = InstalledChromium.WhyMissing;
}
