using SoftmaxService.HttpBenchmarks;
using SoftmaxService.ReliabilityBenchmarks;
using SoftmaxService.ReliabilityBenchmarks.Cost;

var options = new Options(args.Length > 0 ? args[1..] : []);
return args.FirstOrDefault() switch
{
    "fuzz" => await FuzzTrial.RunAsync(options),
    "images" => await ImageTrial.RunAsync(options),
    ImageTrial.DecodeCommand => ImageTrial.Decode(options),
    ImageTrial.ProbeCommand => ImageTrial.OverrunHeap(),
    "attack" => await AttackTrial.RunAsync(options),
    DecodeTrial.MeasureCommand => DecodeTrial.Measure(options),
    "cost" => await CostTrial.RunAsync(options),
    MemoryGroup.MeasureCommand => MemoryGroup.PrintAvailable(),
    "bombs" => await BombTrial.RunAsync(),
    "overload" => await OverloadTrial.RunAsync(options),
    "rolling" => await BalancedTrials.RollAsync(),
    "kill" => await BalancedTrials.KillAsync(),
    "slow" => await SlowTrial.RunAsync(),
    "disk" => await FaultTrials.FillDiskAsync(),
    "folder" => await FaultTrials.RemoveFolderAsync(),
    "clock" => await FaultTrials.SetClockBackAsync(),
    "isolation" => await IsolationTrial.RunAsync(options),
    "soak" => await SoakTrial.RunAsync(options),
    _ => Reject(),
};

static int Reject()
{
    Console.Error.WriteLine(
        """
        usage: bench/reliability/run fuzz [--requests=N] [--seed=N] [--first=N] [--replay=FILE]
               bench/reliability/run images [--count=N] [--seed=N] [--first=N] [--http=N]
               bench/reliability/run attack [--minutes=N] [--seed=N] [--found=FOLDER]
               bench/reliability/run cost [--only=KIND] [--limits=MIB,…] [--cores=N,…] [--seconds=N] [--binary=FILE]
               bench/reliability/run overload [--seconds=N] [--rounds=N] [--model=NAME] [--pending=N]
               bench/reliability/run isolation [--rounds=N] [--seconds=N] [--write]
               bench/reliability/run soak [--minutes=N]
               bench/reliability/run bombs | rolling | kill | slow | disk | folder | clock
        """);
    return 2;
}
