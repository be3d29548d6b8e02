using System.Globalization;

namespace SoftmaxService.HttpBenchmarks.Race;

/// <summary>
/// Resident memory of the native binary in megabytes, with both shipped models, after half of the requests and after
/// all.
/// </summary>
internal sealed record ResidentMemory(double AfterHalf, double AfterAll, long Requests, long CifarRequests)
{
    private const long Half = 50_000;
    private const double TurnSeconds = 3;
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(2);

    /// <summary>Measures it alone, for work on memory.</summary>
    public static async Task<int> ShowAsync()
    {
        using var files = RaceFiles.Create(null);
        if (await MeasureAsync(files) is not { } memory)
        {
            Console.Error.WriteLine("There is no native binary; a race builds one.");
            return 2;
        }

        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{memory.AfterHalf:F1} MB after half and {memory.AfterAll:F1} MB after all of {memory.Requests} "
                    + $"requests, {memory.CifarRequests} of them to cifar10/1."));
        return 0;
    }

    public static async Task<ResidentMemory?> MeasureAsync(RaceFiles files)
    {
        if (Checkout.NativeService is not { } service)
        {
            return null;
        }

        Progress.Report($"resident memory over {2 * Half} requests");
        await using var server = await new Contender("ours", () => [service, .. Contender.SettingsOf()]).StartAsync(
            files,
            processors: null);
        var (requests, cifar, megabytes) = (0L, 0L, new double[2]);
        for (var half = 0; half < megabytes.Length; half++)
        {
            var some = await LoadAsync(RequestKind.Cifar);
            (requests, cifar) = (requests + some, cifar + some);
            while (requests < (half + 1) * Half)
            {
                requests += await LoadAsync(RequestKind.Mnist);
            }

            await Task.Delay(Rest);
            megabytes[half] = server.ResidentMegabytes;
        }

        return new ResidentMemory(megabytes[0], megabytes[1], requests, cifar);

        async Task<long> LoadAsync(RequestKind kind) =>
            (
                await Wrk.PostAsync(
                    new Uri(server.Address, kind.Path),
                    kind.BodyOf(files),
                    RacePlan.WarmUpConnections,
                    TurnSeconds,
                    Contender.LoadProcessor,
                    isLowest: true)).Requests;
    }
}
