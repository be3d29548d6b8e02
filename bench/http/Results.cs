using System.Runtime.InteropServices;
using SoftmaxService.Benchmarks;

namespace SoftmaxService.HttpBenchmarks;

/// <summary>Prints a result and writes it to a file on request.</summary>
internal static class Results
{
    public static string Machine { get; } =
        $"{Benchmarks.Machine.Cpu()}, {Cores()} cores, {RuntimeInformation.FrameworkDescription}, "
        + $"{DateTime.UtcNow:yyyy-MM-dd}";

    public static async Task ShowAsync(string markdown, string fileName, bool write)
    {
        Console.WriteLine(markdown);
        if (write)
        {
            Directory.CreateDirectory(Checkout.Results);
            await File.WriteAllTextAsync(Path.Combine(Checkout.Results, fileName), Markdown.Wrap(markdown));
        }
    }

    /// <summary>The machine's cores, not those that this process is confined to.</summary>
    private static int Cores() => File.Exists("/proc/cpuinfo")
        ? File.ReadLines("/proc/cpuinfo").Count(line => line.StartsWith("processor", StringComparison.Ordinal))
        : Environment.ProcessorCount;
}
