using System.Text.Json;

namespace SoftmaxService.HttpBenchmarks.Race;

/// <summary>One server under load for some seconds.</summary>
/// <param name="Load">What the load generator saw.</param>
/// <param name="CpuMicroseconds">User and system time of the server's process, a request.</param>
internal sealed record Turn(Wrk Load, double CpuMicroseconds)
{
    private const int Attempts = 3;
    private static readonly TimeSpan LastAnswers = TimeSpan.FromMilliseconds(200);

    /// <summary>How many turns were thrown away because the load generator saw errors.</summary>
    public static int Rejected { get; private set; }

    public double Rate => Load.Requests / Load.Seconds;

    /// <summary>Takes a turn without errors; after a few with errors there is something wrong.</summary>
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
            await Task.Delay(LastAnswers); // what was under way when wrk left
            var (cpuAfter, imagesAfter) = (server.CpuTime, await ImagesAsync(server, kind));
            if (load.Errors == 0)
            {
                return new Turn(
                    load,
                    (cpuAfter - cpu).TotalMicroseconds
                        / (images is null ? load.Requests : imagesAfter!.Value - images.Value)
                ); // both or neither are null
            }

            Rejected++;
            Console.Error.WriteLine($"{server.Address} {kind.Title}: {load.Errors} errors, the turn does not count");
            if (attempt == Attempts)
            {
                throw new InvalidOperationException(
                    $"{kind.Title} at {server.Address} failed in {Attempts} turns one after the other.");
            }
        }
    }

    /// <summary>
    /// How many images ours has run of a slow model. When wrk leaves, up to 64 answers are under way that it does not
    /// count: nothing among tens of thousands, but one in twenty of a slow model's.
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
