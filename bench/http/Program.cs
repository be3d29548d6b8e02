using SoftmaxService.HttpBenchmarks;

return args switch
{
    ["batching", .. var options] => await BatchingRace.RunAsync(new Options(options)),
    ["soak", .. var options] => await SoakCommand.RunAsync(new Options(options)),
    _ => Options.Refuse(),
};
