using System.Text;
using System.Text.Json;
using SkiaSharp;
using SoftmaxService.Tests.Support.Images;
using SoftmaxService.Tests.Support.Models;

namespace SoftmaxService.Api.Tests.Models;

/// <summary>A model whose load or whose runs take too long, beside one that is as it should be.</summary>
public sealed class SlowModelTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly byte[] Three = ModelFolder.PickFirst(3, 16, "batch", 1, 4, 4);
    private static readonly byte[] Black = EncodedImages.Encode(4, 4, (_, _) => SKColors.Black);
    private static readonly byte[] Grey = EncodedImages.Encode(4, 4, (_, _) => SKColors.Gray);

    private readonly ModelFolder _folder = new ModelFolder().With("b/1", Three);

    [Fact]
    public async Task WhileAModelIsBeingLoadedTheOthersServe()
    {
        _folder.With("a/1", SmallModels.Endless());
        using var service = Start(("Models:StartSeconds", "0"), ("Models:LoadSeconds", "600"));

        await UntilAsync(async () => (await service.GetAsync("/models/b")).Status == 200);
        Assert.Equal(200, (await service.ClassifyAsync(Black, "?model=b")).Status);

        var loading = await service.ClassifyAsync(Black, "?model=a");
        loading.IsProblem(503, "model-loading", "Model 'a' is still being loaded");
        Assert.Equal(TimeSpan.FromSeconds(5), loading.Headers.RetryAfter?.Delta);
        (await service.ClassifyAsync(Black, "?model=a&version=1")).IsProblem(503, "model-loading");
        (await service.GetAsync("/models/a/1")).IsProblem(503, "model-loading");
        Assert.Equal(503, (await service.GetAsync("/v2/models/a/ready")).Status);
        (await service.ClassifyAsync(Black, "?model=c")).IsProblem(404, "model-not-found");

        // The default is the first by name, whichever is loaded first.
        (await service.ClassifyAsync(Black)).IsProblem(503, "model-loading");

        var ready = await service.GetAsync("/health/ready");
        Assert.Equal((503, "not ready"), (ready.Status, ready.Json.GetProperty("status").GetString()));
        Assert.Equal("""[{"name":"a","version":"1"}]""", LoadingIn(ready));
        Assert.Equal("""[{"name":"a","version":"1"}]""", LoadingIn(await service.GetAsync("/models")));
        Assert.Equal(503, (await service.GetAsync("/v2/health/ready")).Status);
    }

    [Fact]
    public async Task AfterTheModelHasFailedTheServiceIsReady()
    {
        _folder.With("a/1", SmallModels.Endless());
        using var service = Start(("Models:StartSeconds", "0"), ("Models:LoadSeconds", "1"));

        await UntilAsync(async () => (await service.GetAsync("/health/ready")).Status == 200);

        var ready = await service.GetAsync("/health/ready");
        Assert.False(ready.Json.TryGetProperty("loading", out _));
        Assert.Contains("within 1 s", ReasonIn(ready), StringComparison.Ordinal);
        (await service.ClassifyAsync(Black, "?model=a")).IsProblem(404, "model-not-found");
        Assert.Equal("b", (await service.ClassifyAsync(Black)).Json.GetProperty("model").GetString());
    }

    [Fact]
    public async Task RunsThatNeverEndAreEndedAndReported()
    {
        _folder.With("grey/1", CostlyModels.EndlessOnGrey(), """{"output": {"kind": "logits"}}""");
        using var service = Start();
        service.Client.DefaultRequestHeaders.Add("timeout", "1.5");
        for (var i = 0; i < 3; i++)
        {
            Assert.Empty(FailuresIn(await service.GetAsync("/health/ready")));
            (await service.ClassifyAsync(Grey, "?model=grey")).IsProblem(504, "deadline-exceeded");
        }

        Assert.Contains(
            "its last 3 runs did not end", ReasonIn(await service.GetAsync("/health/ready")), StringComparison.Ordinal);
        Assert.Contains(
            "its last 3 runs did not end", ReasonIn(await service.GetAsync("/models")), StringComparison.Ordinal);
        Assert.Contains(
            """softmax_runs_ended_total{model="grey",version="1"} 3""",
            Encoding.UTF8.GetString((await service.GetAsync("/metrics")).Body), StringComparison.Ordinal);

        Assert.Equal(200, (await service.ClassifyAsync(Black, "?model=grey")).Status);
        Assert.Empty(FailuresIn(await service.GetAsync("/health/ready")));
    }

    public void Dispose() => _folder.Dispose();

    private static string LoadingIn(Answer answer) => JsonSerializer.Serialize(answer.Json.GetProperty("loading"));

    private static string ReasonIn(Answer answer) =>
        Assert.Single(FailuresIn(answer)).GetProperty("reason").GetString()!;

    private static JsonElement.ArrayEnumerator FailuresIn(Answer answer) =>
        answer.Json.GetProperty("failures").EnumerateArray();

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!await condition())
        {
            await Task.Delay(50, patience.Token);
        }
    }

    private ServiceWith Start(params (string, string)[] settings) =>
        new([("Models:Folder", _folder.Path), .. settings]);
}
