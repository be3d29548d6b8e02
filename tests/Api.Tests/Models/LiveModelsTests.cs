using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using SkiaSharp;
using SoftmaxService.Api.Tests.Metrics;
using SoftmaxService.Inference.Models;
using SoftmaxService.Tests.Support.Images;
using SoftmaxService.Tests.Support.Models;

namespace SoftmaxService.Api.Tests.Models;

/// <summary>
/// Changes the model folder of a running service, with the real file system and clock.
/// </summary>
public sealed class LiveModelsTests : IDisposable
{
    private const string Manifest = """{"input": {"scale": 0.015625}}""";
    private const int Connections = 32;
    private const int Reloads = 50;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // Class k's logit is the brightness of pixel k divided by 64: 0.5, 3, 1, and 2 for a model of four classes.
    private static readonly double[] Logits = [0.5, 3, 1, 2];
    private static readonly byte[] Image = EncodedImages.Encode(
        4,
        4,
        (x, y) => y > 0 ? SKColors.Black : new SKColor(Gray(x), Gray(x), Gray(x)));
    private static readonly byte[] Three = ModelFolder.PickFirst(3, 16, "batch", 1, 4, 4);
    private static readonly byte[] Four = ModelFolder.PickFirst(4, 16, "batch", 1, 4, 4);

    private readonly ModelFolder _folder = new ModelFolder().With("a/1", Three, Manifest);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ANewVersionServesWithoutARestartAndADeletedOneStops()
    {
        using var service = Start();
        (await service.ClassifyAsync(Image, "?model=a&version=2")).IsProblem(404, "version-not-found");
        (await service.ClassifyAsync(Image, "?model=b")).IsProblem(404, "model-not-found");

        _folder.With("a/2", Four, Manifest).With("b/1", Four, Manifest);
        await UntilAsync(async () =>
            (await service.GetAsync("/models/b/1")).Status == 200
            && (await service.GetAsync("/models/a/2")).Status == 200);
        AssertAnswer(await service.ClassifyAsync(Image, "?model=a"), 4);
        AssertAnswer(await service.ClassifyAsync(Image, "?model=a&version=1"), 3);
        AssertAnswer(await service.ClassifyAsync(Image, "?model=b"), 4);

        Directory.Delete(Path.Combine(_folder.Path, "a"), recursive: true);
        await UntilAsync(async () => (await service.GetAsync("/models/a")).Status == 404);
        Assert.Equal("b", (await service.ClassifyAsync(Image)).Json.GetProperty("model").GetString());
        Assert.Equal("b", (await service.GetAsync("/models")).Json.GetProperty("defaultModel").GetString());
    }

    [Fact]
    public async Task ABrokenVersionKeepsTheOldServingAndReadinessReportsIt()
    {
        using var service = Start();
        AssertAnswer(await service.ClassifyAsync(Image), 3);
        _folder.With("a/1", "half of a model"u8, Manifest);
        await UntilAsync(async () =>
            (await service.GetAsync("/health/ready")).Json.GetProperty("failures").GetArrayLength() > 0);

        var ready = await service.GetAsync("/health/ready");
        var failure = Assert.Single(ready.Json.GetProperty("failures").EnumerateArray());
        Assert.Equal(
            (200, "a", "1", true),
            (
                ready.Status,
                failure.GetProperty("name").GetString(),
                failure.GetProperty("version").GetString(),
                failure.GetProperty("keepsServing").GetBoolean()));
        Assert.EndsWith(
            "the older content keeps serving",
            failure.GetProperty("reason").GetString(),
            StringComparison.Ordinal);
        AssertAnswer(await service.ClassifyAsync(Image), 3);

        _folder.With("a/1", Four, Manifest);
        await UntilAsync(async () =>
            (await service.GetAsync("/health/ready")).Json.GetProperty("failures").GetArrayLength() == 0);
        AssertAnswer(await service.ClassifyAsync(Image), 4);
    }

    [Fact]
    public async Task TheVersionPolicyComesFromTheSettings()
    {
        _folder
            .With("a/2", Four, Manifest)
            .With("a/3", Three, Manifest)
            .With("b/1", Three, Manifest)
            .With("b/2", Three, Manifest);
        using var service = Start(("Models:Versions:a", "latest:2"), ("Models:Versions:B", "1"));

        var models = (await service.GetAsync("/health/ready"))
            .Json.GetProperty("models")
            .EnumerateArray()
            .Select(model => model.GetString());

        Assert.Equal(["a/2", "a/3", "b/1"], models);
    }

    [Fact]
    public async Task AnUnwatchedFolderChangesOnlyOnRequest()
    {
        using var service = Start(("Models:Watch", "false"));
        AssertAnswer(await service.ClassifyAsync(Image), 3);
        var repository = service.Services.GetRequiredService<ModelRepository>();
        _folder.With("a/1", Four, Manifest);
        Assert.Equal(Timeout.InfiniteTimeSpan, await SettledAsync(repository));
        Assert.True(repository.IsLoadDue); // it has not been loaded yet
        AssertAnswer(await service.ClassifyAsync(Image), 3);
        await repository.LoadAsync("a", CancellationToken.None);

        AssertAnswer(await service.ClassifyAsync(Image), 4);
    }

    [Fact]
    public async Task ReloadsUnderLoadNeitherLoseNorCorruptRequests()
    {
        using var service = Start();
        using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = Connections })
        {
            BaseAddress = service.Client.BaseAddress,
        };
        using var ended = new CancellationTokenSource();
        var answered = new int[Logits.Length + 1];
        var clients = Enumerable.Range(0, Connections).Select(_ => Task.Run(async () =>
        {
            while (!ended.IsCancellationRequested)
            {
                using var content = new ByteArrayContent(Image);
                content.Headers.ContentType = new MediaTypeHeaderValue("image/png");
                var answer = await Answer.ReadAsync(await client.PostAsync("/classify?model=a&version=1", content));
                var count = answer.Status == 200 ? answer.Json.GetProperty("predictions").GetArrayLength() : 0;
                AssertAnswer(answer, count);
                Interlocked.Increment(ref answered[count]);
            }
        })).ToArray();

        // A task that ends early has failed an assertion; awaiting it throws that.
        async Task ReloadedAsync(Func<JsonElement, bool> condition)
        {
            await UntilAsync(async () =>
                clients.Any(one => one.IsCompleted) || condition((await service.GetAsync("/models")).Json));
            if (clients.FirstOrDefault(one => one.IsCompleted) is { } failed)
            {
                await failed;
            }
        }

        for (var (reload, good) = (0, 0); reload < Reloads; reload++)
        {
            if (reload % 3 == 2)
            {
                _folder.With("a/1", new byte[100 + reload], Manifest);
                await ReloadedAsync(models => models.GetProperty("failures").GetArrayLength() == 1);
                continue;
            }

            var count = good++ % 2 == 0 ? 4 : 3;
            _folder.With("a/1", count == 4 ? Four : Three, Manifest);
            await ReloadedAsync(models =>
                models.GetProperty("failures").GetArrayLength() == 0
                && models.GetProperty("models")[0].GetProperty("classCount").GetInt32() == count);
            var before = Volatile.Read(ref answered[count]);
            await ReloadedAsync(_ => Volatile.Read(ref answered[count]) > before);
        }

        await ended.CancelAsync();
        await Task.WhenAll(clients);
        var repository = service.Services.GetRequiredService<ModelRepository>();
        await UntilAsync(() => Task.FromResult(repository.LoadedCount == 1));
        Assert.InRange(answered[3], Reloads / 3, int.MaxValue);
        Assert.InRange(answered[4], Reloads / 3, int.MaxValue);
    }

    private static byte Gray(int x) => (byte)(Logits[x] * 64);

    private static async Task<TimeSpan> SettledAsync(ModelRepository repository)
    {
        var rest = repository.Scan();
        await UntilAsync(() => Task.FromResult((rest = repository.Scan()) == Timeout.InfiniteTimeSpan));
        return rest;
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        for (var clock = Stopwatch.StartNew(); !await condition();)
        {
            Assert.True(clock.Elapsed < Patience, "The condition was not met in time.");
            await Task.Delay(5);
        }
    }

    /// <summary>Every number of the answer of a model with this many classes.</summary>
    private static void AssertAnswer(Answer answer, int classCount)
    {
        Assert.Equal(200, answer.Status);
        Assert.InRange(classCount, 3, 4);
        var logits = Logits[..classCount];
        var sum = logits.Sum(Math.Exp);
        var predictions = answer.Json.GetProperty("predictions").EnumerateArray().ToArray();
        Assert.Equal(
            logits.Index().OrderByDescending(one => one.Item).Select(one => one.Index),
            predictions.Select(one => one.GetProperty("index").GetInt32()));
        Assert.All(
            predictions,
            one =>
            {
                var index = one.GetProperty("index").GetInt32();
                Assert.Equal(index.ToString(CultureInfo.InvariantCulture), one.GetProperty("label").GetString());
                Assert.Equal(logits[index], one.GetProperty("logit").GetDouble(), 1e-6);
                Assert.Equal(Math.Exp(logits[index]) / sum, one.GetProperty("probability").GetDouble(), 1e-6);
            });
    }

    private ServiceWith Start(params (string Name, string Value)[] settings) =>
        new([("Models:Folder", _folder.Path), ("Models:SettleSeconds", "0.05"), .. settings]);
}
