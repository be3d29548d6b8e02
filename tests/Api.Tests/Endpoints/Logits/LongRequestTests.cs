using SoftmaxService.Api.Endpoints.Logits;
using System.Net.Mime;
using Microsoft.Extensions.DependencyInjection;
using SoftmaxService.Inference.Batching;

namespace SoftmaxService.Api.Tests.Endpoints.Logits;

/// <summary>Requests with many logits wait for others that take long, and hold up none with few.</summary>
public sealed class LongRequestTests : IDisposable
{
    private const int Rows = 500;
    private const int Classes = 2000;
    private const string Small = """{"logits": [1, 2]}""";

    private readonly ServiceWith _service = new();

    private ComputeGate Gate => _service.Services.GetRequiredService<ComputeGate>();

    private ComputeGate LargeGate => _service.Services.GetRequiredKeyedService<ComputeGate>(LogitsCost.LargeGate);

    public static TheoryData<string, string> LongRequests => new()
    {
        { "/softmax", $$"""{"logits": {{Matrix()}}, "temperature": 2}""" },
        { "/softmax/gradient", $$"""{"logits": {{Matrix()}}, "target": [{{Repeat("1", Rows)}}]}""" },
        { "/softmax/gradient", $$"""{"logits": {{Matrix()}}, "upstream": {{Matrix()}}}""" },
    };

    public void Dispose() => _service.Dispose();

    [Theory]
    [MemberData(nameof(LongRequests))]
    public async Task ManyLogitsWaitForTheirKindAndFewDoNot(string path, string json) =>
        await WaitsForItsKindAsync(() => _service.PostAsync(path, json));

    [Theory]
    [MemberData(nameof(LongRequests))]
    public async Task ManyLogitsTakeNoPermitOfFewOnes(string path, string json) =>
        await TakesNoShortPermitAsync(() => _service.PostAsync(path, json));

    [Fact]
    public async Task ABinaryBodyOfManyLogitsDoesTheSame()
    {
        var body = new byte[10_000_000];
        Task<Answer> SendAsync() => _service.PostAsync("/softmax?classes=2", body, MediaTypeNames.Application.Octet);

        await WaitsForItsKindAsync(SendAsync);
        await TakesNoShortPermitAsync(SendAsync);

        Assert.Equal(0.5f, BitConverter.ToSingle((await SendAsync()).Body, body.Length - sizeof(float)));
    }

    [Fact]
    public async Task RowsAreAnsweredLikeEachOnItsOwn()
    {
        var row = string.Join(
            ", ", Enumerable.Range(0, Classes).Select(i => i % 7 == 3 ? "\"-Infinity\"" : $"{i % 13}"));
        var labels = string.Join(", ", Enumerable.Range(0, Classes).Select(i => $"\"class {i}\""));
        Task<Answer> AskAsync(string logits) => _service.SoftmaxAsync(
            $$"""{"logits": {{logits}}, "topK": 1500, "labels": [{{labels}}]}""");

        var alone = (await AskAsync($"[{row}]")).Json;
        var together = await AskAsync($"[{Repeat($"[{row}]", 250)}]");

        Assert.Equal(200, together.Status);
        Assert.All(alone.EnumerateObject(), property =>
        {
            var rows = together.Json.GetProperty(property.Name);
            Assert.Equal(250, rows.GetArrayLength());
            Assert.All(rows.EnumerateArray(), one => Assert.Equal(property.Value.GetRawText(), one.GetRawText()));
        });
    }

    private async Task WaitsForItsKindAsync(Func<Task<Answer>> sendAsync)
    {
        _ = _service.Client;
        List<ComputeGate.Permit> permits = [];
        for (var permit = 0; permit < Environment.ProcessorCount; permit++)
        {
            permits.Add(await LargeGate.EnterAsync(CancellationToken.None));
        }

        var waiting = sendAsync();
        await Eventually.UntilAsync(() => LargeGate.Waiting == 1);
        Assert.Equal(200, (await _service.SoftmaxAsync(Small)).Status);
        Assert.Equal((0, false), (Gate.InUse, waiting.IsCompleted));

        permits.ForEach(permit => permit.Dispose());
        Assert.Equal(200, (await waiting).Status);
    }

    private async Task TakesNoShortPermitAsync(Func<Task<Answer>> sendAsync)
    {
        _ = _service.Client;
        List<ComputeGate.Permit> permits = [];
        for (var permit = 0; permit < Environment.ProcessorCount; permit++)
        {
            permits.Add(await Gate.EnterAsync(CancellationToken.None));
        }

        var waiting = _service.SoftmaxAsync(Small);
        await Eventually.UntilAsync(() => Gate.Waiting == 1);
        Assert.Equal(200, (await sendAsync()).Status);
        Assert.False(waiting.IsCompleted);

        permits.ForEach(permit => permit.Dispose());
        Assert.Equal(200, (await waiting).Status);
    }

    private static string Matrix() => $"[{Repeat($"[{Repeat("0", Classes)}]", Rows)}]";

    private static string Repeat(string item, int count) => string.Join(',', Enumerable.Repeat(item, count));
}
