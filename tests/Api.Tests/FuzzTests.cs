using System.Globalization;
using SoftmaxService.Api.Tests.OpenInference;
using SoftmaxService.Tests.Support.Fuzz;

namespace SoftmaxService.Api.Tests;

/// <summary>The short form of <c>bench/reliability/run fuzz</c>.</summary>
public sealed class FuzzTests
{
    private const int Requests = 4_000;
    private const int Clients = 8;

    [Fact]
    public async Task DamagedRequestsAreAnsweredOrRejected()
    {
        var grpcPort = SmallModelService.FreePort();
        using var service = new ServiceWith(
            ("Grpc:Url", string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{grpcPort}")));
        // The address is set when the service has started.
        var fuzzer = new Fuzzer(service.Client.BaseAddress!.Port, grpcPort, seed: 7);

        await fuzzer.RunAsync(first: 0, Requests, Clients);

        Assert.Empty(fuzzer.Failures);
        Assert.Equal(Requests, fuzzer.Sent);
        Assert.All(
            Enum.GetValues<FuzzKind>(),
            kind => Assert.Contains(fuzzer.Outcomes.Keys, outcome => outcome.Kind == kind));
        Assert.All(
            [FuzzKind.Image, FuzzKind.Grpc, FuzzKind.Json],
            kind => Assert.True(fuzzer.Outcomes[(kind, "2xx")] > 0, $"no damaged {kind} got 2xx"));
    }

    [Fact]
    public void ARequestIsTheSameForTheSameSeedAndNumber()
    {
        Assert.All(
            Enumerable.Range(0, 200),
            number => Assert.Equal(FuzzRequest.Make(seed: 3, number).Bytes, FuzzRequest.Make(seed: 3, number).Bytes));
        Assert.NotEqual(FuzzRequest.Make(seed: 3, 0).Bytes, FuzzRequest.Make(seed: 4, 0).Bytes);
    }
}
