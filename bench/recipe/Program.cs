using System.Globalization;
using SoftmaxService.Benchmarks;
using SoftmaxService.RecipeBenchmarks;

var root = Environment.GetEnvironmentVariable("BENCH_ROOT")
    ?? throw new InvalidOperationException("Start this with bench/recipe/run.");
var data = Text("data")
    ?? Environment.GetEnvironmentVariable("SOFTMAX_DATA")
    ?? Path.Combine(root, "..", "shared", "data");
var store = new NetStore(Path.Combine(root, "artifacts", "recipe"));

if (!args.Contains("ask"))
{
    var missing = store.TrainMissing(data, TimeSpan.FromMinutes(Number("minutes", TimeSpan.FromDays(1).TotalMinutes)));
    Console.WriteLine($"{missing} of {NetPlan.All.Count} nets are missing.");
    if (args.Contains("train"))
    {
        return 0;
    }
}

var command =
    Text("command") ?? Path.Combine(root, "artifacts", "bin", "SoftmaxService.Cli", "release", "softmax.dll");
var samples = (int)Number("samples", 5);
store.UnpackTestPhotographs(data);
var answers = await new Trial(store, data, command).AskAllAsync(samples);
var report = TrialReport.Of(store, answers, samples);
Console.WriteLine(report);
File.WriteAllText(Path.Combine(root, "bench", "results", "recipe.md"), Markdown.Wrap(report));
return 0;

double Number(string name, double otherwise) =>
    Text(name) is { } text ? double.Parse(text, CultureInfo.InvariantCulture) : otherwise;

string? Text(string name) =>
    args.FirstOrDefault(argument => argument.StartsWith($"--{name}=", StringComparison.Ordinal)) is { } found
        ? found[(name.Length + 3)..]
        : null;
