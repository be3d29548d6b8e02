using System.Diagnostics;
using System.Globalization;

namespace SoftmaxService.HttpBenchmarks.Race;

/// <summary>Measures each unavoidable part alone, in a process on the server's processor.</summary>
internal sealed class PartsProcess : IAsyncDisposable
{
    public const string Decode = "decode";
    public const string Run = "run";
    public const string CifarRun = "cifar-run";
    public const string Json = "json";
    public static readonly string[] All = [Decode, Run, CifarRun, Json];

    private readonly Process _process;

    private PartsProcess(Process process) => _process = process;

    public static PartsProcess Start(RaceFiles files)
    {
        var start = new ProcessStartInfo(
            "taskset",
            ["-c", Contender.ServerProcessor, "dotnet", Checkout.Contender("Parts")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        foreach (var (name, value) in Contender.EnvironmentOf(files))
        {
            start.Environment[name] = value;
        }

        return new PartsProcess(Process.Start(start)!); // null only with UseShellExecute
    }

    /// <summary>Microseconds of CPU time per operation.</summary>
    public async Task<double> MeasureAsync(string part, double seconds)
    {
        await _process.StandardInput.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{part} {seconds}"));
        await _process.StandardInput.FlushAsync();
        return double.Parse(
            await _process.StandardOutput.ReadLineAsync()
                ?? throw new InvalidOperationException("The process that measures the parts has exited."),
            CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
