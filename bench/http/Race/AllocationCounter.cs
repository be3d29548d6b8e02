using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace SoftmaxService.HttpBenchmarks.Race;

/// <summary>A startup hook that reports how many bytes a server has allocated on the managed heap.</summary>
internal static class AllocationCounter
{
    /// <summary>The environment of a server that reports on a Unix socket.</summary>
    public static (string Name, string Value)[] EnvironmentOf(string socket) =>
        [("DOTNET_STARTUP_HOOKS", Checkout.Contender("Allocations")), ("BENCH_ALLOCATIONS", socket)];

    /// <summary>The number of bytes since the server's start.</summary>
    public static async Task<long> ReadAsync(string path)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        await using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        return long.Parse(await reader.ReadToEndAsync(), CultureInfo.InvariantCulture);
    }
}
