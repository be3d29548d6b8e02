using System.Diagnostics;
using System.Globalization;
using SoftmaxService.HttpBenchmarks.Parts;

// Runs each part that no server can avoid in a loop. A line "<part> <seconds>" on standard input runs a part for that
// many seconds; the reply is its CPU time of all threads in microseconds per operation.
using var decode = new DecodePart(File.ReadAllBytes(FileIn("BENCH_IMAGE")));
using var run = new RunPart(FileIn("BENCH_MODEL"));
using var cifar = new RunPart(FileIn("BENCH_CIFAR_MODEL"));
using var json = new JsonPart(
    File.ReadAllBytes(FileIn("BENCH_SOFTMAX_REQUEST")),
    File.ReadAllBytes(FileIn("BENCH_SOFTMAX_REPLY")));
var parts = new Dictionary<string, Action>
{
    ["decode"] = decode.Once,
    ["run"] = run.Once,
    ["cifar-run"] = cifar.Once,
    ["json"] = json.Once,
};

while (Console.ReadLine()?.Split(' ') is [var part, var seconds])
{
    var once = parts[part];
    var limit = TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture));
    var count = 0L;
    var cpu = Environment.CpuUsage.TotalTime;
    for (var clock = Stopwatch.StartNew(); clock.Elapsed < limit; count += 10)
    {
        for (var i = 0; i < 10; i++)
        {
            once();
        }
    }

    Console.WriteLine(
        ((Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / count).ToString("R", CultureInfo.InvariantCulture));
}

static string FileIn(string variable) =>
    Environment.GetEnvironmentVariable(variable)
    ?? throw new InvalidOperationException($"{variable} must name a file.");
