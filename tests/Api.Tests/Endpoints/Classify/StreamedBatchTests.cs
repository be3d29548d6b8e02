using System.Net.Mime;
using System.Text;

namespace SoftmaxService.Api.Tests.Endpoints.Classify;

/// <summary>The answer to a batch is sent run by run, so it does not pile up and blocks no other request.</summary>
public sealed class StreamedBatchTests : IDisposable
{
    private const int Classes = 50_000;
    private const int Images = 12;

    private readonly TemporaryFolder _models = new();
    private readonly ServiceWith _service;

    public StreamedBatchTests()
    {
        ManyClasses.Write(_models, Classes);
        _service = new ServiceWith(
            ("Models:Folder", _models.Path),
            ("Batching:MaxBatchSize", "1"),
            ("Load:MaxPendingPerModel", "1"));
    }

    public void Dispose()
    {
        _service.Dispose();
        _models.Dispose();
    }

    [Fact]
    public async Task TheFirstResultsArriveBeforeTheLastImageIsReadAndOtherRequestsRunInBetween()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/classify?topK={Classes}")
        {
            Content = new StringContent(ManyClasses.Images(Images), Encoding.UTF8, MediaTypeNames.Application.Json),
        };
        using var response = await _service.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using var body = await response.Content.ReadAsStreamAsync();
        var first = new byte[20_000];
        await body.ReadExactlyAsync(first);

        // The client stops reading: with some four megabytes per result, only the first few fit into the buffers
        // between server and client.
        Assert.Contains("\"index\":100,", Encoding.UTF8.GetString(first), StringComparison.Ordinal);
        Assert.InRange(
            (await _service.GetAsync("/models/many/1")).Json.GetProperty("batching").GetProperty("images").GetInt64(),
            1,
            Images - 1);
        Assert.Equal(200, (await OneAsync()).Status); // although the model admits one image at a time

        using var rest = new MemoryStream();
        await body.CopyToAsync(rest);
        var all = new Answer(200, null, [.. first, .. rest.ToArray()], response.Headers).Json;
        Assert.Equal(Images, all.GetProperty("results").GetArrayLength());
        Assert.All(
            all.GetProperty("results").EnumerateArray(),
            result => Assert.Equal(Classes, result.GetProperty("predictions").GetArrayLength()));
    }

    [Fact]
    public async Task SoftmaxOfManyRowsIsWrittenAtTheClientsPace()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/softmax")
        {
            Content = new StringContent(
                $$"""{"logits": [{{string.Join(',', Enumerable.Repeat("1", 1_000_000))}}]}""",
                Encoding.UTF8,
                MediaTypeNames.Application.Json),
        };
        using var response = await _service.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using var body = await response.Content.ReadAsStreamAsync();
        await body.ReadExactlyAsync(new byte[20_000]);

        Assert.Contains(
            "\nsoftmax_requests_in_flight 1\n",
            Encoding.UTF8.GetString((await _service.GetAsync("/metrics")).Body),
            StringComparison.Ordinal);
    }

    /// <summary>Sends one image, which runs between two results of the batch.</summary>
    private async Task<Answer> OneAsync()
    {
        var answer = await _service.ClassifyAsync(RunningService.Seven, "?topK=1");
        for (var i = 0; answer.Status == 429 && i < 100; i++)
        {
            answer = await _service.ClassifyAsync(RunningService.Seven, "?topK=1");
        }

        return answer;
    }
}
