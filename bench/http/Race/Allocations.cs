using System.Globalization;
using System.Net.Sockets;
using System.Text;

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
            ("DOTNET_STARTUP_HOOKS", Checkout.Contender("Allocations")),
            ("BENCH_ALLOCATIONS", socket));
        var found = new double[kinds.Length];
        for (var i = 0; i < kinds.Length; i++)
        {
            Progress.Report($"allocations of {contender.Name}, {kinds[i].Title}");
            await LoadAsync(plan.WarmUpSeconds);
            var before = await BytesAsync(socket);
            var load = await LoadAsync(plan.Seconds);
            found[i] = (await BytesAsync(socket) - before) / (double)load.Requests;

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

    private static async Task<long> BytesAsync(string path)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        await using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        return long.Parse(await reader.ReadToEndAsync(), CultureInfo.InvariantCulture);
    }
}
