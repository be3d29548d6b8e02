using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace SoftmaxService.RecipeBenchmarks;

/// <summary>How one answer of <c>softmax recipe</c> compares with what the maker did.</summary>
internal enum Outcome
{
    /// <summary>It is sure, and right.</summary>
    Right,

    /// <summary>It is not sure, and names the right recipe among those that it cannot tell apart.</summary>
    Named,

    /// <summary>It is not sure, and does not name the right recipe.</summary>
    Unsure,

    /// <summary>It is sure, and wrong.</summary>
    Wrong,
}

/// <summary>One answer of <c>softmax recipe</c>.</summary>
/// <param name="Plan">The net.</param>
/// <param name="Sample">Which images were shown.</param>
/// <param name="Outcome">How the answer compares.</param>
/// <param name="Best">The recipe that it would use.</param>
/// <param name="Rivals">Those that it cannot tell from it.</param>
/// <param name="Loss">What that recipe costs in accuracy on all test images; null where it is the right one.</param>
/// <param name="Seconds">How long the answer took.</param>
internal sealed record Answer(
    NetPlan Plan, int Sample, Outcome Outcome, string Best, string[] Rivals, double? Loss, double Seconds);

/// <summary>Asks <c>softmax recipe</c> about a bare net, with a few labelled test images.</summary>
internal sealed class Trial(NetStore store, string dataFolder, string commandPath)
{
    public const int Images = 50;

    /// <summary>What a model without a manifest is given.</summary>
    private const string Present = "present";

    private const int NotSure = 4;

    private readonly ConcurrentDictionary<(NetPlan Plan, string Recipe), double> _losses = new();

    /// <summary>Asks about every trained net, with several samples; the answers are in order of the plans.</summary>
    public async Task<IReadOnlyList<Answer>> AskAllAsync(int samples)
    {
        var answers = new ConcurrentDictionary<(NetPlan Plan, int Sample), Answer>();
        (NetPlan Plan, int Sample)[] questions =
        [
            .. from plan in NetPlan.All.Where(store.Has)
               from sample in Enumerable.Range(1, samples)
               select (plan, sample),
        ];
        await Parallel.ForEachAsync(
            questions,
            new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount },
            async (question, cancellationToken) =>
            {
                var answer = await AskAsync(question.Plan, question.Sample, cancellationToken);
                answers[question] = answer;
                Console.WriteLine(
                    $"{answer.Plan.Name} {answer.Sample}: {answer.Outcome}, {answer.Best} "
                        + $"[{string.Join("; ", answer.Rivals)}]");
            });
        return [.. questions.Select(question => answers[question])];
    }

    private async Task<Answer> AskAsync(NetPlan plan, int sample, CancellationToken cancellationToken)
    {
        string[] arguments =
        [
            "recipe", store.ModelPath(plan), DataOf(plan), "--json",
            "--limit", Images.ToString(CultureInfo.InvariantCulture),
            "--shuffle", sample.ToString(CultureInfo.InvariantCulture),
        ];
        var watch = Stopwatch.StartNew();
        var output = await RunAsync(arguments, cancellationToken);
        var seconds = watch.Elapsed.TotalSeconds;
        using var answer = JsonDocument.Parse(output);
        var root = answer.RootElement;
        var best = root.GetProperty("best").GetString()!; // never null
        string[] rivals = [.. root.GetProperty("rivals").EnumerateArray().Select(rival => rival.GetString()!)];
        var isSure = root.GetProperty("verdict").GetString() != "not-sure";
        var outcome = (isSure, IsRight(plan, best), rivals.Any(rival => IsRight(plan, rival))) switch
        {
            (true, true, _) => Outcome.Right,
            (true, false, _) => Outcome.Wrong,
            (false, true, _) or (false, _, true) => Outcome.Named,
            _ => Outcome.Unsure,
        };
        double? loss = IsRight(plan, best)
            ? null
            : await LossAsync(plan, best, root.GetProperty("input").GetRawText(), cancellationToken);
        return new Answer(plan, sample, outcome, best, rivals, loss, seconds);
    }

    /// <summary>How much less accurate the net is with a recipe than with its maker's, on all test images.</summary>
    private async Task<double> LossAsync(
        NetPlan plan, string recipe, string input, CancellationToken cancellationToken)
    {
        if (_losses.TryGetValue((plan, recipe), out var known))
        {
            return known;
        }

        using var version = store.WithManifest(plan, $$"""{ "input": {{input}} }""");
        using var findings = JsonDocument.Parse(
            await RunAsync(["evaluate", version.Path, DataOf(plan), "--json"], cancellationToken));
        var accuracy = findings.RootElement
            .GetProperty("before").GetProperty("metrics").GetProperty("accuracy").GetDouble();
        return _losses[(plan, recipe)] = store.Read(plan).Accuracy - accuracy;
    }

    private string DataOf(NetPlan plan) => plan.DataSet == DataSet.Mnist
        ? Path.Combine(dataFolder, "mnist", "t10k-images-idx3-ubyte.gz")
        : store.TestPhotographs;

    private async Task<string> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        using var process = Process.Start(
            new ProcessStartInfo("dotnet", [commandPath, .. arguments])
            {
                RedirectStandardOutput = true,
            })!; // null only with a shell
        var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode is 0 or NotSure
            ? output
            : throw new InvalidOperationException(
                $"softmax {string.Join(' ', arguments)} exited with {process.ExitCode}.");
    }

    private static bool IsRight(NetPlan plan, string name) =>
        Seen(plan, name) == Seen(plan, plan.RecipeName)
        || (name == Present && plan.RecipeName == Scaling.ZeroToOne.RecipeName);

    /// <summary>What the images can show of a recipe: grey ones do not show the order of colours.</summary>
    private static string Seen(NetPlan plan, string name) =>
        plan.DataSet == DataSet.Mnist ? name.Replace(NetPlan.BlueFirstSuffix, "", StringComparison.Ordinal) : name;
}
