using SoftmaxService.Tests.Support.Bombs;
using SoftmaxService.Tests.Support.Fuzz;

namespace SoftmaxService.Api.Tests;

/// <summary>The short form of <c>bench/reliability/run bombs</c>, which also measures memory.</summary>
[Collection(nameof(RunningService))]
public sealed class BombTests(RunningService service)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static TheoryData<string> Names => [.. Bomb.All.Concat(Bomb.Harmless).Select(bomb => bomb.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task ExpensiveRequestsAreRejectedOrReadNoFurther(string name)
    {
        var bomb = Bomb.All.Concat(Bomb.Harmless).Single(bomb => bomb.Name == name);
        using var limit = new CancellationTokenSource(Patience);
        // The address is set when the service has started.
        using var connection = await RawConnection.OpenAsync(service.Client.BaseAddress!.Port, limit.Token);
        var answer = await connection.RequestAsync(bomb.MakeBytes(), mayBeIncomplete: false, limit.Token);

        Assert.True(
            bomb.IsAnswered(answer),
            $"{answer?.Status}: {(answer is null ? "" : System.Text.Encoding.UTF8.GetString(answer.Body))}");
    }
}
