using SoftmaxService.HttpBenchmarks;
using SoftmaxService.HttpBenchmarks.Compare;
using SoftmaxService.HttpBenchmarks.Race;

return args switch
{
    ["batching", .. var options] => await BatchingRace.RunAsync(new Options(options)),
    ["compare", var revision, .. var options] => await CompareCommand.RunAsync(revision, new Options(options)),
    ["memory"] => await ResidentMemory.ShowAsync(),
    _ when args.All(argument => argument.StartsWith("--", StringComparison.Ordinal)) => await RaceCommand.RunAsync(
        new Options(args)),
    _ => Options.Reject(),
};
