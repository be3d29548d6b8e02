using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using static Microsoft.Playwright.Assertions;

namespace SoftmaxService.Browser.Tests;

public sealed class ClassifyTests(Browser browser) : PageTests(browser)
{
    private const double Exact = 1e-6;

    [BrowserFact]
    public async Task ASevenDrawnWithTheMouseIsASeven()
    {
        await OpenAsync();
        await DrawAsync(Digits.Seven);

        await Expect(Page.Locator("#classify-bars li").First.Locator(".name")).ToHaveTextAsync("7");
        await Expect(Verdict).ToContainTextAsync("7, ");
        await Expect(Page.Locator("#set")).ToContainTextAsync("95 % coverage");
        Assert.Equal(1, (await BarsAsync()).Sum(bar => bar.Probability), Exact);
    }

    [BrowserFact]
    public async Task TwentyDrawnDigitsAreRecognised()
    {
        var hand = new Random(8);
        var mistaken = new List<string>();
        await OpenAsync();
        for (var i = 0; i < 20; i++)
        {
            await Page.Locator("#clear").ClickAsync();
            await DrawAsync(Digits.Write(i % 10, hand));
            var seen = await Page.Locator("#classify-bars li .name").First.TextContentAsync();
            if (seen != (i % 10).ToString(CultureInfo.InvariantCulture))
            {
                mistaken.Add($"drawing {i}, a {i % 10}, is taken for {seen}");
            }
        }

        Assert.True(mistaken.Count <= 1, string.Join("; ", mistaken));
    }

    [BrowserFact]
    public async Task WhatTheModelSeesIsShownInItsSize()
    {
        await OpenAsync();
        await DrawAsync(Digits.Seven);

        await Expect(Page.Locator("#seen-size")).ToContainTextAsync("28 × 28");
        await Page.WaitForFunctionAsync("() => document.querySelector('#seen').naturalWidth === 28");
    }

    [BrowserFact]
    public async Task TheSliderStartsAtTheCalibratedTemperatureAndAsksSoftmaxAlone()
    {
        await OpenAsync();
        await DrawAsync(Digits.Seven);
        await LinkAsync();
        var model = (await Browser.Service.GetAsync("/models/mnist/1")).Json;
        Assert.Equal(
            model.GetProperty("calibration").GetProperty("temperature").GetDouble(),
            double.Parse(Linked("T")!, CultureInfo.InvariantCulture),
            1e-5);

        var runsOfTheModel = 0;
        Page.Request += (_, request) => runsOfTheModel += new Uri(request.Url).AbsolutePath == "/classify" ? 1 : 0;
        var slider = Page.Locator("#classify-temperature-range");
        foreach (var key in new[] { "End", "Home", "PageUp", "ArrowRight", "ArrowRight" })
        {
            await slider.PressAsync(key);
            await SettledAsync();
            await LinkAsync();
            var expected = await SoftmaxAsync(Linked("logits")!, Linked("T")!);
            var probabilities = expected
                .GetProperty("probabilities")
                .EnumerateArray()
                .Select(one => one.GetDouble())
                .ToArray();
            // T in the address has six digits.
            Assert.All(await BarsAsync(), bar => Assert.Equal(probabilities[bar.Index], bar.Probability, 1e-4));
        }

        Assert.Equal(0, runsOfTheModel);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Back to the calibrated" }).ClickAsync();
        await Expect(slider).ToHaveAttributeAsync("aria-valuetext", new Regex("calibrated"));
    }

    [BrowserFact]
    public async Task BelowTheThresholdThePageAbstains()
    {
        await OpenAsync();
        await DrawAsync(Digits.Seven);
        await Page.Locator("#threshold").PressAsync("End");
        await Page.Locator("#classify-temperature-range").PressAsync("End");

        await Expect(Verdict).ToContainTextAsync("I don’t know (at best 7");
        await Page.Locator("#threshold").PressAsync("Home");
        await Expect(Verdict).ToContainTextAsync("7, ");
    }

    [BrowserFact]
    public async Task ADroppedImageIsClassified()
    {
        await OpenAsync();
        await Page.Locator("#model").SelectOptionAsync("cifar10/1");
        var photo = await Page.EvaluateHandleAsync(
            """
            async bytes => {
              const transfer = new DataTransfer();
              const content = Uint8Array.from(atob(bytes), c => c.charCodeAt(0));
              transfer.items.add(new File([content], 'three.png', { type: 'image/png' }));
              return transfer;
            }
            """, Convert.ToBase64String(RunningService.Three));
        await Page.Locator("#drop").DispatchEventAsync("drop", new { dataTransfer = photo });

        await Expect(Page.Locator("#classify-bars li")).ToHaveCountAsync(10);
        await Expect(Page.Locator("#picture")).ToBeVisibleAsync();
        await Expect(Page.Locator("#seen-size")).ToContainTextAsync("32 × 32");
        var direct = await Browser.Service.ClassifyAsync(RunningService.Three, "?model=cifar10");
        Assert.Equal(
            direct.Json.GetProperty("predictions")[0].GetProperty("index").GetInt32(),
            (await BarsAsync())[0].Index);
    }

    [BrowserFact]
    public async Task AChosenFileIsClassifiedAndADrawingReplacesIt()
    {
        await OpenAsync();
        await Page.Locator("#file").SetInputFilesAsync(Payload("three.png", RunningService.Three));
        await Expect(Verdict).ToContainTextAsync("3, ");

        await Page.Locator("#clear").ClickAsync();
        await Expect(Verdict).ToHaveTextAsync("No image yet");
        await DrawAsync(Digits.Seven);
        await Expect(Verdict).ToContainTextAsync("7, ");
    }

    [BrowserFact]
    public async Task UndoTakesAStrokeBack()
    {
        await OpenAsync();
        await DrawAsync([(0.5, 0.1), (0.5, 0.9)]);
        var one = await Verdict.TextContentAsync();
        await DrawAsync([(0.1, 0.5), (0.9, 0.5)]);
        Assert.NotEqual(one, await Verdict.TextContentAsync());

        await Page.Locator("#undo").ClickAsync();
        await SettledAsync();
        await Expect(Verdict).ToHaveTextAsync(one!);
    }

    [BrowserTheory]
    [InlineData("mnist/1", "two")]
    [InlineData("cifar10/1", "ship")]
    public async Task EachSampleIsAnswered(string model, string first)
    {
        await OpenAsync();
        await Page.Locator("#model").SelectOptionAsync(model);
        // The model's samples have arrived.
        await Expect(Page.Locator("#samples button").First).ToHaveAttributeAsync("title", first);
        foreach (var sample in await Page.Locator("#samples button").AllAsync())
        {
            var name = await sample.GetAttributeAsync("title");
            await sample.ClickAsync();
            await SettledAsync();
            if (model == "cifar10/1")
            {
                await Expect(Verdict).ToContainTextAsync($"{name}, "); // the drawing is recognised
            }
        }
    }

    [BrowserTheory]
    [InlineData("#samples button")]
    [InlineData("#pad canvas")]
    public async Task ABrowserThatIsNeverIdleAnswers(string clicked)
    {
        // Browsers encode a picture for toBlob when they are idle.
        await Page.AddInitScriptAsync("HTMLCanvasElement.prototype.toBlob = () => {}");
        await OpenAsync();
        await Page.Locator(clicked).First.ClickAsync();
        await SettledAsync();
        await Expect(Verdict).ToContainTextAsync("%");
    }

    [BrowserFact]
    public async Task AFailedRankingIsNotWaitedFor()
    {
        ExpectedComplaint = "Failed to load resource";
        await OpenAsync();
        await DrawAsync(Digits.Seven);
        await Page.RouteAsync("**/softmax", route => route.AbortAsync("connectionrefused"));
        await Page.Locator("#classify-temperature-range").PressAsync("PageUp");
        await Expect(Page.Locator("#classify-problem")).ToBeVisibleAsync();
        await SettledAsync();
    }

    [BrowserFact]
    public async Task AnswersThatArriveOutOfOrderAreIgnored()
    {
        await OpenAsync();
        var held = new TaskCompletionSource();
        var released = new TaskCompletionSource();
        var asked = 0;
        await Page.RouteAsync("**/classify?*", async route =>
        {
            if (Interlocked.Increment(ref asked) == 1)
            {
                await held.Task;
                await Answer(route);
                released.SetResult();
                return;
            }

            await route.ContinueAsync();
        });
        await Page.Locator("#file").SetInputFilesAsync(Payload("three.png", RunningService.Three));
        await Page.Locator("#file").SetInputFilesAsync(Payload("seven.png", RunningService.Seven));
        await Expect(Verdict).ToContainTextAsync("7, ");

        held.SetResult();
        await released.Task;
        await Page.EvaluateAsync("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))");
        await Expect(Verdict).ToContainTextAsync("7, ");

        static async Task Answer(IRoute route)
        {
            try
            {
                await route.ContinueAsync();
            }
            catch (PlaywrightException)
            {
                // The page has cancelled the request meanwhile, which is also correct.
            }
        }
    }

    [BrowserFact]
    public async Task ALinkBringsBackModelTemperatureAndLogits()
    {
        await OpenAsync();
        await DrawAsync(Digits.Seven);
        await Page.Locator("#classify-temperature-range").PressAsync("PageUp");
        await SettledAsync();
        var (link, bars) = (await LinkAsync(), await BarsAsync());

        await Page.GotoAsync("about:blank");
        await Page.GotoAsync(link);
        await Expect(Verdict).ToContainTextAsync("7, ");
        Assert.Equal(bars.Select(bar => bar.Index), (await BarsAsync()).Select(bar => bar.Index));
        Assert.All(
            bars.Zip(await BarsAsync()),
            pair => Assert.Equal(pair.First.Probability, pair.Second.Probability, 1e-4));
    }

    [BrowserFact]
    public async Task ALateRankingOfThePreviousImageIsIgnored()
    {
        await OpenAsync();
        await DrawAsync(Digits.Seven);
        var held = new TaskCompletionSource();
        await Page.RouteAsync("**/softmax", async route =>
        {
            if (!route.Request.PostData!.Contains("[[", StringComparison.Ordinal)) // let a plot's rows through
            {
                await held.Task;
            }

            try
            {
                await route.ContinueAsync();
            }
            catch (PlaywrightException)
            {
                // The page has cancelled the request, as expected.
            }
        });
        await Page.Locator("#classify-temperature-range").PressAsync("ArrowRight");
        await Page.Locator("#file").SetInputFilesAsync(Payload("three.png", RunningService.Three));
        await Expect(Verdict).ToContainTextAsync("3, ");

        held.SetResult();
        await Page.EvaluateAsync("() => fetch('models').then(() => new Promise(done => requestAnimationFrame(done)))");
        await Expect(Verdict).ToContainTextAsync("3, ");
        await SettledAsync();
    }

    [BrowserFact]
    public async Task AFailureOfThePreviousImageDoesNotReplaceTheNextAnswer()
    {
        ExpectedComplaint = "Failed to load resource";
        await OpenAsync();
        var (bothAsked, failed) = (new TaskCompletionSource(), new TaskCompletionSource());
        var asked = 0;
        Page.Response += (_, response) =>
        {
            if (response.Status == 415 && response.Url.Contains("/classify", StringComparison.Ordinal))
            {
                failed.TrySetResult();
            }
        };
        await Page.RouteAsync("**/classify?*", async route =>
        {
            if (Interlocked.Increment(ref asked) == 1)
            {
                await bothAsked.Task;
            }
            else
            {
                bothAsked.TrySetResult();
                await failed.Task;
            }

            await route.ContinueAsync();
        });
        await Page.Locator("#file").SetInputFilesAsync(Payload("notes.png", "not an image"u8.ToArray()));
        await Page.Locator("#file").SetInputFilesAsync(Payload("seven.png", RunningService.Seven));

        await Expect(Verdict).ToContainTextAsync("7, ");
    }

    [BrowserFact]
    public async Task ALinkKeepsThatPredictionSetsAreOff()
    {
        await OpenAsync();
        await Page.Locator("#coverage").SelectOptionAsync("");
        var link = await LinkAsync();
        await Page.GotoAsync("about:blank");
        await Page.GotoAsync(link);

        await Expect(Page.Locator("#samples button").First).ToBeVisibleAsync();
        await Expect(Page.Locator("#coverage")).ToHaveValueAsync("");
    }

    [BrowserFact]
    public async Task AnotherLinkInTheSameTabIsShown()
    {
        await OpenAsync("#/classify?model=mnist&T=1&logits=9,0,0,0,0,0,0,0,0,0");
        await Expect(Verdict).ToContainTextAsync("0, ");

        // Between the new link and its event, the page is about to write the previous view into the address.
        await Page.EvaluateAsync(
            """
            () => {
              document.querySelector('#threshold').dispatchEvent(new Event('input'));
              location.hash = '#/classify?model=mnist&T=2&logits=0,9,0,0,0,0,0,0,0,0';
              document.querySelector('#share').click();
            }
            """);

        await Expect(Verdict).ToContainTextAsync("1, ");
        await Page.Locator("#model").SelectOptionAsync("cifar10/1");
        await Expect(Verdict).ToHaveTextAsync("No image yet");
    }

    [BrowserFact]
    public async Task SamplesThatAreThereStayThere()
    {
        await OpenAsync();
        await Expect(Page.Locator("#samples button").First).ToBeVisibleAsync();
        var firstIsShown = new TaskCompletionSource();
        var described = 0;
        await Page.RouteAsync("**/models/cifar10/1", async route =>
        {
            if (Interlocked.Increment(ref described) > 1)
            {
                await firstIsShown.Task;
            }

            await route.ContinueAsync();
        });
        var answered = Page.WaitForResponseAsync("**/models/cifar10/1");
        await Page.EvaluateAsync(
            """
            () => {
              globalThis.offers = 0;
              const observer = new MutationObserver(() => { globalThis.offers++; });
              observer.observe(document.querySelector('#samples'), { childList: true });
              location.hash = '#/classify?model=cifar10&T=2';
              location.hash = '#/classify?model=cifar10&T=3';
            }
            """);
        await answered;
        await Page.EvaluateAsync("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))");
        firstIsShown.SetResult();

        await Expect(Page.Locator("#samples button").First).ToHaveAttributeAsync("title", "ship");
        await Page.WaitForFunctionAsync(
            "() => performance.getEntriesByType('resource').filter(one => "
                + "one.name.endsWith('/models/cifar10/1')).length === 2");
        await Page.EvaluateAsync("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))");
        Assert.Equal(1, await Page.EvaluateAsync<int>("() => globalThis.offers"));
    }

    [BrowserFact]
    public async Task AModelAddedLaterIsOffered()
    {
        await Page.RouteAsync("**/models", async route =>
        {
            var answer = await route.FetchAsync();
            var catalog = JsonNode.Parse(await answer.TextAsync())!;
            catalog["models"]!.AsArray().RemoveAll(model => (string?)model!["name"] == "cifar10");
            await route.FulfillAsync(new RouteFulfillOptions { Response = answer, Body = catalog.ToJsonString() });
        });
        await OpenAsync();
        await Expect(Page.Locator("#model option")).ToHaveCountAsync(1);
        await Page.UnrouteAllAsync();

        await Page.Locator("#model").FocusAsync();
        await Expect(Page.Locator("#model option")).ToHaveCountAsync(2);
        await Expect(Page.Locator("#model")).ToHaveValueAsync("mnist/1");
        await Page.Locator("#model").SelectOptionAsync("cifar10/1");
        await Expect(Page.Locator("#samples button").First).ToHaveAttributeAsync("title", "ship");
    }

    [BrowserFact]
    public async Task TheFirstPaintIsSmall()
    {
        var bytes = 0L;
        Page.Response += (_, response) =>
            Interlocked.Add(
                ref bytes,
                long.Parse(response.Headers.GetValueOrDefault("content-length", "0"), CultureInfo.InvariantCulture));
        await OpenAsync();

        Assert.InRange(Interlocked.Read(ref bytes), 1, 100_000);
    }
}
