namespace SoftmaxService.Api.Tests.Wire;

[Collection(nameof(RunningService))]
public sealed class HeadRequestsTests(RunningService service)
{
    [Theory]
    [InlineData("/health/live", 200)]
    [InlineData("/health/ready", 200)]
    [InlineData("/v2/health/ready", 200)]
    [InlineData("/models", 200)]
    [InlineData("/models/mnist/1/reliability.svg", 200)]
    [InlineData("/metrics", 200)]
    [InlineData("/swagger/index.html", 200)]
    [InlineData("/models/unicorn", 404)]
    [InlineData("/classify", 405)]
    public async Task HeadIsAnsweredAsGetWithoutABody(string path, int status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, path);
        using var head = await service.Client.SendAsync(request);
        using var get = await service.Client.GetAsync(path);

        Assert.Equal((status, status), ((int)head.StatusCode, (int)get.StatusCode));
        Assert.Equal(get.Content.Headers.ContentType, head.Content.Headers.ContentType);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync());
    }
}
