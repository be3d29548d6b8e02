using System.Globalization;
using System.Net.Sockets;
using System.Text;

/// <summary>
/// Reports how many bytes the process has allocated on the managed heap to each client of the socket that
/// BENCH_ALLOCATIONS names. The runtime (DOTNET_STARTUP_HOOKS) finds the class by its name, which must have no
/// namespace.
/// </summary>
internal static class StartupHook
{
    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable("BENCH_ALLOCATIONS") is { Length: > 0 } path)
        {
            var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen();
            new Thread(() => Report(listener)) { IsBackground = true, Name = "allocations" }.Start();
        }
    }

    private static void Report(Socket listener)
    {
        while (true)
        {
            using var client = listener.Accept();
            client.Send(
                Encoding.ASCII.GetBytes(GC.GetTotalAllocatedBytes(precise: true).ToString(CultureInfo.InvariantCulture))
            );
        }
    }
}
