using SoftmaxService.HttpBenchmarks.Race;

namespace SoftmaxService.HttpBenchmarks.Compare;

/// <summary>One server under load for some seconds.</summary>
/// <param name="CpuMicroseconds">User and system time of the server's process per request.</param>
/// <param name="P99">99th percentile of latency in milliseconds.</param>
/// <param name="AllocatedBytes">Bytes allocated on the managed heap per request.</param>
internal sealed record CountedTurn(double CpuMicroseconds, double P99, double AllocatedBytes);

/// <summary>A server that also reports what it allocates. Disposing kills it.</summary>
internal sealed class CountedServer : IAsyncDisposable
{
    private readonly ServerProcess _server;
    private readonly RaceFiles _files;
    private readonly string _socket;

    private CountedServer(ServerProcess server, RaceFiles files, string socket)
    {
        _server = server;
        _files = files;
        _socket = socket;
    }

    public static async Task<CountedServer> StartAsync(Contender contender, RaceFiles files)
    {
        var socket = Path.Combine(files.Folder, $"{Path.GetRandomFileName()}.socket");
        var server = await contender.StartAsync(
            files,
            Contender.ServerProcessor,
            AllocationCounter.EnvironmentOf(socket));
        return new CountedServer(server, files, socket);
    }

    public async Task<CountedTurn> TakeAsync(RequestKind kind, int connections, double seconds)
    {
        var before = await AllocationCounter.ReadAsync(_socket);
        var turn = await Turn.TakeAsync(_server, kind, kind.BodyOf(_files), connections, seconds);
        var allocated = await AllocationCounter.ReadAsync(_socket) - before;
        return new CountedTurn(turn.CpuMicroseconds, turn.Load.P99, allocated / (double)turn.Load.Requests);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
