namespace SoftmaxService.HttpBenchmarks.Race;

/// <summary>The whole race: contenders, parts, allocations, start, memory, cores; each goal judged.</summary>
internal static class RaceCommand
{
    private const string ResultFile = "http.md";

    /// <returns>How many goals were not met.</returns>
    public static async Task<int> RunAsync(Options options)
    {
        var plan = RacePlan.Of(options);
        using var files = RaceFiles.Create(options.Text("model"));
        var rounds = await InterleavedRounds.RunAsync(files, plan);
        var findings = new Findings(
            rounds,
            await Allocations.MeasureAsync(files, plan),
            await CoreScaling.MeasureAsync(files, plan),
            await StartTimes.MeasureAsync(files),
            await ResidentMemory.MeasureAsync(files));
        var goals = Goals.Judge(findings);
        await Results.ShowAsync(Report.Write(findings, goals, files, plan), ResultFile, options.Write || options.IsEmpty);
        return goals.Count(goal => goal.IsMet != true);
    }
}
