using System.Diagnostics;
using System.Globalization;
using System.Text;
using SoftmaxService.HttpBenchmarks;
using SoftmaxService.Tests.Support.Bombs;
using SoftmaxService.Tests.Support.Fuzz;

namespace SoftmaxService.ReliabilityBenchmarks;

/// <summary>Sends requests that try to exhaust memory, one by one and then all at once.</summary>
internal static class BombTrial
{
    private const double LargestGrowth = 200;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    public static async Task<int> RunAsync()
    {
        await using var service = await ServiceProcess.StartAsync(processor: null);
        for (var i = 0; i < 500; i++)
        {
            await SendAsync(
                service,
                FuzzRequest.Make(seed: 1, i) is { IsHttp2: false, MustBeAnswered: true } usual
                    ? usual.Bytes
                    : Bomb.All[0].MakeBytes());
        }

        await Task.Delay(TimeSpan.FromSeconds(5));
        var idle = service.Resources.Megabytes;
        var table = new StringBuilder();
        var isPassed = true;
        var bombs = Bomb.All.Concat(Bomb.Harmless).Select(bomb => (Bomb: bomb, Bytes: bomb.MakeBytes())).ToArray();
        foreach (var (bomb, bytes) in bombs)
        {
            service.ForgetPeak();
            var clock = Stopwatch.StartNew();
            var answer = await SendAsync(service, bytes);
            var (growth, isRight) = (service.PeakMegabytes - idle, bomb.IsAnswered(answer));
            isPassed &= isRight && growth <= LargestGrowth;
            table.Append(
                CultureInfo.InvariantCulture,
                $"| {bomb.Name} | {bytes.Length / 1000.0:F0} | "
                    + $"{answer?.Status}{(isRight ? "" : $", NOT {bomb.Status}: {Text(answer)}")} | `{bomb.Reason}` | "
                    + $"{clock.ElapsedMilliseconds} | {growth:F0} |\n");
        }

        service.ForgetPeak();
        var answers = await Task.WhenAll(bombs.Select(one => SendAsync(service, one.Bytes)));
        var together = service.PeakMegabytes - idle;
        var wrong = bombs.Zip(answers).Count(pair => !pair.First.Bomb.IsAnswered(pair.Second));
        isPassed &= wrong == 0 && together <= LargestGrowth && service is { HasExited: false, LoggedErrors: 0 };
        return await Report.WriteAsync(
            "Bombs",
            "`run bombs`: each bomb is sent alone, then all at once.",
            string.Create(CultureInfo.InvariantCulture, $"""
                | bomb | KB sent | status | body contains | ms | peak resident memory, MB above idle |
                |---|---|---|---|---|---|
                {table}| all at once | | {(wrong == 0 ? "as above" : $"{wrong} OTHERWISE")} | | | {together:F0} |

                After 500 requests the idle service has {idle:F0} MB resident; at most {LargestGrowth} MB more are
                allowed. Peaks are the kernel's (`VmHWM`). Errors in the log: {service.LoggedErrors}.
                """),
            isPassed);
    }

    private static string Text(RawAnswer? answer) => answer is null ? "closed" : Encoding.UTF8.GetString(answer.Body);

    private static async Task<RawAnswer?> SendAsync(ServiceProcess service, byte[] request)
    {
        using var limit = new CancellationTokenSource(Patience);
        using var connection = await RawConnection.OpenAsync(service.Address.Port, limit.Token);
        return await connection.RequestAsync(request, mayBeIncomplete: false, limit.Token);
    }
}
