
namespace SoftmaxService.Api.Tests;

/// <summary>The short form of <c>bench/reliability/run soak</c>.</summary>
public sealed class SoakTests
{
    private const string Model = "mnist/1";
    private const int Clients = 16;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(4);

    [Fact]
    public async Task ImpatientSlowAndBrokenClientsDoNotAffectOthers()
    {
        using var service = new RunningService();
        var address = service.Client.BaseAddress!; // set when the service has started
        using var soak = new Soak(address, [Model], [RunningService.Seven, RunningService.Three], seed: 2);

        await soak.RunAsync(Duration, Clients);

        Assert.Empty(soak.Unexpected);
        Assert.Equal(0, soak.Stuck);
        Assert.All(soak.Counts, count => Assert.Equal(count.Sent, count.Answered + count.Cancelled));
        Assert.All(soak.Counts, count => Assert.True(count.Sent > 0, $"{count.Request} was never tried"));
        var batching = (await service.GetAsync($"/models/{Model}")).Json.GetProperty("batching");
        Assert.Equal(0, batching.GetProperty("pending").GetInt64());
        Assert.InRange(
            batching.GetProperty("images").GetInt64(),
            soak.ImagesAnswered,
            soak.ImagesAnswered + soak.ImagesPerhapsRun);
    }
}
