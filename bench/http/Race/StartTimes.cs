using System.Diagnostics;
using System.Net.Sockets;
using System.Net;
using SoftmaxService.Benchmarks;

namespace SoftmaxService.HttpBenchmarks.Race;

/// <summary>
/// Median milliseconds from the start of a process to its first correct answer, for native binaries with the shipped
/// models.
/// </summary>
internal sealed record StartTimes(double Ours, double Floor, double OursPortable)
{
    private const int Starts = 9;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static async Task<StartTimes?> MeasureAsync(RaceFiles files)
    {
        if (Checkout.NativeService is not { } service || Checkout.NativeFloor is not { } floor)
        {
            return null;
        }

        Contender[] contenders =
        [
            new("ours", () => [service, .. Contender.SettingsOf()]),
            new("floor", () => [floor]),
            new("ours, portable", () => ["dotnet", Checkout.Service, .. Contender.SettingsOf()]),
        ];
        var times = contenders.Select(_ => new List<double>()).ToArray();
        Progress.Report($"{Starts} starts of each");
        for (var start = 0; start <= Starts; start++)
        {
            for (var i = 0; i < contenders.Length; i++)
            {
                var time = await TimeAsync(contenders[i], files);

                // The first start reads the files from disk.
                if (start > 0)
                {
                    times[i].Add(time);
                }
            }
        }

        return new StartTimes(Medians.Of(times[0]), Medians.Of(times[1]), Medians.Of(times[2]));
    }

    private static async Task<double> TimeAsync(Contender contender, RaceFiles files)
    {
        var clock = Stopwatch.StartNew();
        await using var server = contender.Launch(files, processors: null);
        while (!IsListening(server.Address) && clock.Elapsed < Limit)
        {
            Thread.Sleep(1);
        }

        var answer = await Answer.ToSevenAsync(server.Client);
        return answer is { IsRight: true }
            ? clock.Elapsed.TotalMilliseconds
            : throw new InvalidOperationException($"{contender.Name} answers {answer} to the image of a seven.");
    }

    private static bool IsListening(Uri address)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(new IPEndPoint(IPAddress.Loopback, address.Port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
