namespace SoftmaxService.HttpBenchmarks.Race;

/// <summary>
/// Bytes that a process allocates on the managed heap per request. A startup hook inside the process reports them, so
/// it is a separate process from those whose time is measured.
/// </summary>
internal sealed record Allocations(RequestKind Kind, double Ours, double Floor)
{
    /// <summary>
    /// What ours allocates beyond a server that reads and writes the same bytes. Both include Kestrel's allocations.
    /// </summary>
    public double Difference => Ours - Floor;

    public static async Task<IReadOnlyList<Allocations>> MeasureAsync(RaceFiles files, RacePlan plan)
    {
        RequestKind[] kinds = [RequestKind.Classify, RequestKind.SoftmaxBinary];
        var ours = await OfAsync(Contender.Ours(files), kinds, files, plan);
        var floor = await OfAsync(Contender.Floor, kinds, files, plan);
        return [.. kinds.Select((kind, i) => new Allocations(kind, ours[i], floor[i]))];
    }

    private static async Task<double[]> OfAsync(
        Contender contender,
        RequestKind[] kinds,
        RaceFiles files,
        RacePlan plan)
    {
        var socket = Path.Combine(files.Folder, $"{contender.Name}.socket");
        await using var server = await contender.StartAsync(
            files,
            Contender.ServerProcessor,
            AllocationCounter.EnvironmentOf(socket));
        var found = new double[kinds.Length];
        for (var i = 0; i < kinds.Length; i++)
        {
            Progress.Report($"allocations of {contender.Name}, {kinds[i].Title}");
            await LoadAsync(plan.WarmUpSeconds);
            var before = await AllocationCounter.ReadAsync(socket);
            var load = await LoadAsync(plan.Seconds);
            found[i] = (await AllocationCounter.ReadAsync(socket) - before) / (double)load.Requests;

            Task<Wrk> LoadAsync(double seconds) =>
                Wrk.PostAsync(
                    new Uri(server.Address, kinds[i].Path),
                    kinds[i].BodyOf(files),
                    RacePlan.WarmUpConnections,
                    seconds,
                    Contender.LoadProcessor);
        }

        return found;
    }
}
