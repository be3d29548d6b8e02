using System.CommandLine;
using SoftmaxService.Cli.Data;
using SoftmaxService.Cli.Evaluations;
using SoftmaxService.Cli.Output;
using SoftmaxService.Cli.Reports;
using SoftmaxService.Inference;
using SoftmaxService.Inference.Calibration;

namespace SoftmaxService.Cli.Commands;

/// <summary><c>softmax evaluate MODEL DATA</c>: how good a model's probabilities are. Changes nothing.</summary>
internal static class EvaluateCommand
{
    public static Command Create(Terminal terminal)
    {
        var scoring = new ScoringOptions();
        var temperature = new Option<float?>("--temperature")
        {
            Description = "The T to measure at, beside 1. [default: the model's calibrated T]",
            HelpName = "T",
        };
        var bins = CommonOptions.Bins();
        var others = new Option<string[]>("--ood")
        {
            Description =
                "Out-of-distribution data to tell apart by the energy; its labels are not read. "
                    + $"'{UniformNoise.Keyword}' makes random images. May be given several times.",
            HelpName = $"DATA|{UniformNoise.Keyword}",
        };
        var seed = CommonOptions.Whole("--seed", "Seeds the noise images.", otherwise: 1, lowest: 0);
        var report = CommonOptions.Report();
        var json = CommonOptions.Json();
        temperature.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }]
                && float.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var value)
                && !(value > 0 && float.IsFinite(value)))
            {
                result.AddError($"--temperature must be above 0 and finite, not {text}.");
            }
        });

        var command = new Command(
            "evaluate",
            "Measures a model's probabilities on labelled data: accuracy, calibration, prediction sets, mistakes.");
        scoring.AddTo(command);
        command.Add(temperature);
        command.Add(bins);
        command.Add(others);
        command.Add(seed);
        command.Add(report);
        command.Add(json);
        command.Runs(terminal, async (parsed, cancellationToken) =>
        {
            var location = scoring.FindModel(parsed);
            var otherPaths = parsed.GetValue(others) ?? [];
            if (location is null && otherPaths.Length > 0)
            {
                throw new UsageException("--ood needs a model to run; with --logits there is none.");
            }

            using var model = scoring.Load(parsed, location);
            var applied = AppliedTemperature.Resolve(parsed.GetValue(temperature), model?.CalibratedTemperature);

            var scored = scoring.Score(parsed, model, applied.Value, terminal, cancellationToken);
            if (await scoring.FindBetterRecipeAsync(parsed, location, model, scored, cancellationToken) is { } hint)
            {
                scored = scored with { Warnings = [hint, .. scored.Warnings] };
            }

            var calibration = model?.Manifest.Calibration;
            var findings = FindingsBuilder.Evaluate(
                scored,
                location?.FullName,
                applied,
                calibration,
                new CalibrationOptions { Bins = parsed.GetValue(bins) },
                cancellationToken);
            if (model is not null && otherPaths.Length > 0)
            {
                OtherData Compare(string path)
                {
                    var other = scoring.ScoreOther(
                        parsed,
                        path,
                        model,
                        scored.Count,
                        parsed.GetValue(seed),
                        applied.Value,
                        terminal,
                        cancellationToken);
                    return FindingsBuilder.Compare(scored, other, applied.Value, calibration?.Energy);
                }

                findings = findings with { OutOfDistribution = [.. otherPaths.Select(Compare)] };
            }

            if (parsed.GetValue(report) is { } folder)
            {
                ReportFolder.Write(folder, findings, cancellationToken);
                terminal.Say($"Written: {Path.Combine(folder, ReportFolder.PageName)}");
            }

            if (parsed.GetValue(json))
            {
                Json.Write(terminal.Output, findings);
            }
            else
            {
                FindingsText.Print(findings, terminal);
            }

            return ExitCode.Ok;
        });
        return command;
    }
}
