using System.Diagnostics;
using System.Runtime;

namespace SoftmaxService.Benchmarks;

/// <summary>
/// Runs contestants turn by turn in one process, so that disturbances of the machine affect all of them equally.
/// </summary>
internal static class Race
{
    private const int SmallestRoundCount = 11;
    private const int LargestStageCount = 60;
    private const int QuietStageCount = 4;
    private static readonly TimeSpan TierPause = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(12);

    /// <summary>The time of each contestant in each round.</summary>
    public static Dictionary<string, double[]> Run(IReadOnlyList<Contestant> contestants, int roundCount)
    {
        WarmUp(contestants);
        var repetitions = contestants.Select(contestant => RunFor(contestant, 2 * Turn)).ToArray();

        var nanoseconds = contestants.ToDictionary(
            contestant => contestant.Name,
            _ => new double[Math.Max(roundCount, SmallestRoundCount)]);
        for (var round = 0; round < nanoseconds[contestants[0].Name].Length; round++)
        {
            for (var i = 0; i < contestants.Count; i++)
            {
                // The first run brings the caches into the state in which this contestant leaves them.
                contestants[i].Run(Math.Max(1, repetitions[i] / 20));
                var start = Stopwatch.GetTimestamp();
                contestants[i].Run(repetitions[i]);
                nanoseconds[contestants[i].Name][round] =
                    Stopwatch.GetElapsedTime(start).TotalNanoseconds / repetitions[i];
            }
        }

        return nanoseconds;
    }

    /// <summary>
    /// Runs until the runtime has nothing left to compile. Calls promote a method to the next tier, which is compiled
    /// in the background after 100 ms without new methods, so calls and pauses alternate. Shapes with large rows make
    /// few calls, so run small ones first.
    /// </summary>
    public static void WarmUp(IReadOnlyList<Contestant> contestants)
    {
        for (int stage = 0, quiet = 0; stage < LargestStageCount && quiet < QuietStageCount; stage++)
        {
            var compiled = JitInfo.GetCompiledMethodCount();
            foreach (var contestant in contestants)
            {
                RunFor(contestant, Turn);
            }

            Thread.Sleep(TierPause);
            quiet = JitInfo.GetCompiledMethodCount() == compiled ? quiet + 1 : 0;
        }
    }

    /// <summary>The number of repetitions that fill a turn.</summary>
    private static int RunFor(Contestant contestant, TimeSpan time)
    {
        var (repetitions, elapsed, start) = (1, TimeSpan.Zero, Stopwatch.GetTimestamp());
        while (Stopwatch.GetElapsedTime(start) < time)
        {
            var turn = Stopwatch.GetTimestamp();
            contestant.Run(repetitions);
            elapsed = Stopwatch.GetElapsedTime(turn);
            if (elapsed < Turn)
            {
                repetitions = (int)Math.Clamp(repetitions * (Turn / elapsed), repetitions + 1, repetitions * 4);
            }
        }

        return Math.Max(1, (int)(repetitions * Math.Min(1, Turn / elapsed)));
    }
}
