using BenchmarkDotNet.Running;
using SoftmaxService.Benchmarks;

// ONNX Runtime's binaries send telemetry unless this is set before its environment is created.
Environment.SetEnvironmentVariable("ORT_DISABLE_TELEMETRY", "1");

return args switch
{
    ["check", .. var options] => Check.Run(options),
    [Check.RaceCommand, .. var options] => Check.RunRace(options),
    ["reload", .. var options] => Reload.Run(options),
    [Reload.SeriesCommand, .. var options] => Reload.RunSeries(options),
    _ => BenchmarkSwitcher.FromAssembly(typeof(Check).Assembly).Run(args).Any() ? 0 : 1,
};
