using System.Globalization;

namespace SoftmaxService.HttpBenchmarks.Race;

/// <summary>
/// All contenders run side by side on the server's processor and take turns under load, one at a time.
/// </summary>
internal static class InterleavedRounds
{
    public static async Task<Measurements> RunAsync(RaceFiles files, RacePlan plan)
    {
        var measurements = new Measurements();
        var servers = new List<(string Name, ServerProcess Server)>();
        try
        {
            var ours = await StartAsync(servers, Contender.Ours(files), files);
            var floor = await StartAsync(servers, Contender.Floor, files);
            foreach (var contender in new[]
                {
                    Contender.Naive,
                    Contender.MlNet,
                    Contender.Node,
                    Contender.OursNative(files),
                }.OfType<Contender>())
            {
                await StartAsync(servers, contender, files);
            }

            await CheckAsync(servers);
            await using var parts = PartsProcess.Start(files);
            (string Name, ServerProcess Server)[] oursAndFloor = [(Contender.Floor.Name, floor), ("ours", ours)];
            (RequestKind Kind, (string Name, ServerProcess Server)[] Field)[] races =
            [
                (RequestKind.Classify, [.. servers]),
                (RequestKind.Cifar, [("ours", ours)]),
                (RequestKind.SoftmaxBinary, oursAndFloor),
                (RequestKind.SoftmaxJson, oursAndFloor),
            ];
            await WarmUpAsync(races, parts, files, plan);
            for (var round = 0; round < plan.Rounds; round++)
            {
                Progress.Report($"round {round + 1} of {plan.Rounds}");
                foreach (var part in PartsProcess.All)
                {
                    measurements.AddPart(part, await parts.MeasureAsync(part, RacePlan.PartSeconds));
                }

                foreach (var (kind, field) in races)
                {
                    foreach (var connections in RacePlan.Connections)
                    {
                        // Each round starts with another contender, so that none always follows the same one.
                        foreach (var (name, server) in field.Select((_, i) => field[(i + round) % field.Length]))
                        {
                            var turn = await Turn.TakeAsync(
                                server,
                                kind,
                                kind.BodyOf(files),
                                connections,
                                plan.Seconds);
                            measurements.Add(name, kind, connections, turn);
                            Progress.Report(
                                string.Create(
                                    CultureInfo.InvariantCulture,
                                    $"  {kind.Title}, {connections} connections, {name}: {turn.CpuMicroseconds:F1} µs, "
                                        + $"{turn.Rate:F0}/s"));
                        }
                    }
                }
            }
        }
        finally
        {
            foreach (var (_, server) in servers)
            {
                await server.DisposeAsync();
            }
        }

        return measurements;
    }

    private static async Task<ServerProcess> StartAsync(
        List<(string Name, ServerProcess Server)> servers,
        Contender contender,
        RaceFiles files)
    {
        Progress.Report($"starting {contender.Name}");
        var server = await contender.StartAsync(files, Contender.ServerProcessor);
        servers.Add((contender.Name, server));
        return server;
    }

    /// <summary>Checks that all contenders compute the same.</summary>
    private static async Task CheckAsync(List<(string Name, ServerProcess Server)> servers)
    {
        var expected = await Answer.ToSevenAsync(servers[0].Server.Client);
        foreach (var (name, server) in servers)
        {
            var answer = await Answer.ToSevenAsync(server.Client);
            if (expected is null || answer is null || !answer.IsRight || !answer.IsLike(expected))
            {
                throw new InvalidOperationException(
                    $"{name} answers {answer} to the image of a seven, ours answers {expected}.");
            }
        }
    }

    private static async Task WarmUpAsync(
        (RequestKind Kind, (string Name, ServerProcess Server)[] Field)[] races,
        PartsProcess parts,
        RaceFiles files,
        RacePlan plan)
    {
        foreach (var (kind, field) in races)
        {
            foreach (var (name, server) in field)
            {
                Progress.Report($"warming up {name}, {kind.Title}");
                await Wrk.PostAsync(
                    new Uri(server.Address, kind.Path),
                    kind.BodyOf(files),
                    RacePlan.WarmUpConnections,
                    plan.WarmUpSeconds,
                    Contender.LoadProcessor);
            }
        }

        foreach (var part in PartsProcess.All)
        {
            Progress.Report($"warming up the part {part}");
            // The parts share a process and need little warm-up.
            await parts.MeasureAsync(part, plan.WarmUpSeconds / 2);
        }
    }
}
