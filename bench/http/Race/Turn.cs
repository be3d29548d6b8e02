using System.Text.Json;

namespace SoftmaxService.HttpBenchmarks.Race;

/// <summary>One server under load for some seconds.</summary>
/// <param name="Load">The load generator's measurements.</param>
/// <param name="CpuMicroseconds">User and system time of the server's process per request.</param>
internal sealed record Turn(Wrk Load, double CpuMicroseconds)
{
    private const int Attempts = 3;
    private static readonly TimeSpan LastAnswers = TimeSpan.FromMilliseconds(200);

    /// <summary>The number of turns discarded because the load generator saw errors.</summary>
    public static int Rejected { get; private set; }

    public double Rate => Load.Requests / Load.Seconds;

    /// <summary>Takes a turn without errors; throws after several turns with errors.</summary>
    public static async Task<Turn> TakeAsync(
        ServerProcess server,
        RequestKind kind,
        PostedBody body,
        int connections,
        double seconds,
        string loadProcessors = Contender.LoadProcessor,
        bool isLoadLowest = false)
    {
        for (var attempt = 1; ; attempt++)
        {
            var (images, cpu) = (await ImagesAsync(server, kind), server.CpuTime);
            var load = await Wrk.PostAsync(
                new Uri(server.Address, kind.Path),
                body,
                connections,
                seconds,
                loadProcessors,
                isLoadLowest);

            // Requests that were in flight when wrk stopped still cost CPU time.
            await Task.Delay(LastAnswers);
            var (cpuAfter, imagesAfter) = (server.CpuTime, await ImagesAsync(server, kind));
            if (load.Errors == 0)
            {
                // Both counts of images are null, or neither is.
                var requests = images is null ? load.Requests : imagesAfter!.Value - images.Value;
                return new Turn(load, (cpuAfter - cpu).TotalMicroseconds / requests);
            }

            Rejected++;
            Console.Error.WriteLine($"{server.Address} {kind.Title}: {load.Errors} errors, the turn is discarded");
            if (attempt == Attempts)
            {
                throw new InvalidOperationException(
                    $"{kind.Title} at {server.Address} failed in {Attempts} turns in a row.");
            }
        }
    }

    /// <summary>
    /// The number of images that ours has run for a slow model. When wrk stops, it does not count up to 64 answers that
    /// are in flight: negligible among tens of thousands, but one in twenty for a slow model.
    /// </summary>
    private static async Task<long?> ImagesAsync(ServerProcess server, RequestKind kind)
    {
        if (kind != RequestKind.Cifar)
        {
            return null;
        }

        using var description = JsonDocument.Parse(
            await server.Client.GetStringAsync(new Uri("/models/cifar10/1", UriKind.Relative)));
        return description.RootElement.GetProperty("batching").GetProperty("images").GetInt64();
    }
}
