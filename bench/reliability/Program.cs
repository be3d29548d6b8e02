using SoftmaxService.HttpBenchmarks;
using SoftmaxService.ReliabilityBenchmarks;

var options = new Options(args.Length > 0 ? args[1..] : []);
return args.FirstOrDefault() switch
{
    "fuzz" => await FuzzTrial.RunAsync(options),
    _ => Refuse(),
};

static int Refuse()
{
    Console.Error.WriteLine(
        """
        usage: bench/reliability/run fuzz [--requests=N] [--seed=N] [--first=N] [--replay=FILE]
        """);
    return 2;
}
