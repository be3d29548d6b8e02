using System.Diagnostics;

namespace SoftmaxService.HttpBenchmarks.Race;

/// <summary>Reports progress on standard error.</summary>
internal static class Progress
{
    private static readonly Stopwatch Clock = Stopwatch.StartNew();

    public static void Report(string what) => Console.Error.WriteLine($"{Clock.Elapsed:mm\\:ss} {what}");
}
