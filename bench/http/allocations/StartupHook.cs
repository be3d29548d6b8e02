using System.Globalization;
using System.Net.Sockets;
using System.Text;

/// <summary>
/// Tells, to whoever connects to the socket that BENCH_ALLOCATIONS names, how many bytes the process has allocated on
/// the managed heap so far. The runtime finds the class by its name, which must have no namespace
/// (DOTNET_STARTUP_HOOKS).
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
            new Thread(() => Tell(listener)) { IsBackground = true, Name = "allocations" }.Start();
        }
    }

    private static void Tell(Socket listener)
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
