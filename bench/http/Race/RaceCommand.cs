namespace SoftmaxService.HttpBenchmarks.Race;

/// <summary>The whole race: contenders, parts, allocations, start, memory and cores. It judges each goal.</summary>
internal static class RaceCommand
{
    private const string ResultFile = "http.md";

    /// <returns>How many goals were not met.</returns>
    public static async Task<int> RunAsync(Options options)
    {
        var plan = RacePlan.Of(options);
        using var files = RaceFiles.Create(options.Text("model"));
        await WriteRepliesAsync(files);

        // The longest goes last, so that a failure shows early.
        var (starts, memory) = (await StartTimes.MeasureAsync(files), await ResidentMemory.MeasureAsync(files));
        var (allocations, cores) = (
            await Allocations.MeasureAsync(files, plan),
            await CoreScaling.MeasureAsync(files, plan));
        var findings = new Findings(await InterleavedRounds.RunAsync(files, plan), allocations, cores, starts, memory);
        var goals = Goals.Judge(findings);
        await Results.ShowAsync(
            Report.Write(findings, goals, files, plan),
            ResultFile,
            options.Write || options.IsEmpty);
        return goals.Count(goal => goal.IsMet != true);
    }

    /// <summary>Takes the replies from ours, so that the floor's have the same size.</summary>
    private static async Task WriteRepliesAsync(RaceFiles files)
    {
        await using var ours = await Contender.Ours(files).StartAsync(files, processors: null);
        await File.WriteAllBytesAsync(
            files.ClassifyReply,
            await Answer.BytesAsync(ours.Client, RequestKind.Classify, files));
        await File.WriteAllBytesAsync(
            files.SoftmaxReply,
            await Answer.BytesAsync(ours.Client, RequestKind.SoftmaxJson, files));
    }
}
