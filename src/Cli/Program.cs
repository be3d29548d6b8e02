using SoftmaxService.Cli;
using SoftmaxService.Cli.Output;

return await CommandLine.RunAsync(args, Terminal.System());
