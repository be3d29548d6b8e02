using System.CommandLine;
using System.Text;
using SoftmaxService.Cli.Data;
using SoftmaxService.Cli.Evaluations;
using SoftmaxService.Cli.Manifests;
using SoftmaxService.Cli.Output;
using SoftmaxService.Cli.Reports;
using SoftmaxService.Inference.Calibration;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Cli.Commands;

/// <summary>
/// <c>softmax calibrate MODEL DATA</c>: fits a temperature and writes it into the model's manifest, with its evidence.
/// </summary>
internal static class CalibrateCommand
{
    public const string DiagramName = ClassifierModel.ReliabilityFileName;

    public static Command Create(Terminal terminal)
    {
        var scoring = new ScoringOptions();
        var dataset = new Option<string?>("--dataset")
        {
            Description = "What the manifest calls the data. [default: its files]",
            HelpName = "NAME",
        };
        var alphas = new Option<double[]>("--alpha")
        {
            Description =
                "A miscoverage to store a quantile for; may be given several times. It needs at least 1/α − 1 images. "
                    + "[default: 0.1, 0.05, 0.01]",
            HelpName = "α",
        };
        var method = new Option<ConformalMethod>("--method")
        {
            Description = "The score that prediction sets are made by: lac, aps or aps-randomized.",
            HelpName = "lac|aps|aps-randomized",
            DefaultValueFactory = _ => ConformalMethod.Lac,
            CustomParser = result =>
            {
                var text = result.Tokens.Single().Value;
                var known = Enum.GetValues<ConformalMethod>().Where(value => Names.Of(value) == text).ToArray();
                if (known.Length == 0)
                {
                    result.AddError($"--method is lac, aps or aps-randomized, not '{text}'.");
                }

                return known.FirstOrDefault();
            },
        };
        var bins = CommonOptions.Bins();
        var report = CommonOptions.Report();
        var json = CommonOptions.Json();
        alphas.Validators.Add(result =>
        {
            foreach (var token in result.Tokens)
            {
                if (double.TryParse(token.Value, System.Globalization.CultureInfo.InvariantCulture, out var alpha)
                    && !(alpha > 0 && alpha < 1))
                {
                    result.AddError($"--alpha must be above 0 and below 1, not {token.Value}.");
                }
            }
        });

        var command = new Command(
            "calibrate",
            "Fits a temperature on labelled data that the model was not trained on, and writes it into the model's "
                + $"{ModelManifest.FileName}, with {DiagramName} beside it. With --logits it only shows what it finds."
        );
        scoring.AddTo(command);
        command.Add(dataset);
        command.Add(alphas);
        command.Add(method);
        command.Add(bins);
        command.Add(report);
        command.Add(json);
        command.Runs(terminal, async (parsed, cancellationToken) =>
        {
            var location = scoring.FindModel(parsed);
            if (location is { IsVersionFolder: false })
            {
                throw new DataException($"{location.OnnxPath}: a calibration belongs in a version's folder. Put the "
                    + $"file at models/<name>/1/{ClassifierModel.OnnxFileName} and calibrate that folder.");
            }

            using var model = scoring.Load(parsed, location);
            var original = location is not null && File.Exists(location.ManifestPath)
                ? File.ReadAllBytes(location.ManifestPath)
                : null;
            var scored = scoring.Score(parsed, model, temperature: 1f, terminal, cancellationToken);
            if (await scoring.FindBetterRecipeAsync(parsed, location, model, scored, cancellationToken) is { } hint)
            {
                // Said at once: what is fitted to wrong inputs may not even have a minimum.
                terminal.Say($"Warning: {hint} Calibrate after that: what is fitted now is for these inputs alone.");
                scored = scored with { Warnings = [hint, .. scored.Warnings] };
            }

            var options = new CalibrationOptions { Bins = parsed.GetValue(bins), Method = parsed.GetValue(method) };
            if (parsed.GetValue(alphas) is { Length: > 0 } stated)
            {
                options = options with { Alphas = [.. stated.Distinct()] };
            }

            terminal.Say($"Fitting on {scored.Count} images.");
            var (result, findings) = FindingsBuilder.Calibrate(scored, location?.FullName, options, cancellationToken);
            List<(string Path, byte[] Content)> files = parsed.GetValue(report) is { } folder
                ? [.. ReportFolder.Render(folder, findings, cancellationToken)]
                : [];
            if (location is not null)
            {
                var diagram = FindingsFigures.Reliability(findings).ToSvg();
                var calibration = result.ToManifest(parsed.GetValue(dataset) ?? scored.Name);

                // The manifest goes last: whoever sees it sees its diagram too.
                files.Add((Path.Combine(location.Folder, DiagramName), Encoding.UTF8.GetBytes(diagram)));
                var input = scoring.StatedInput(parsed, model!); // it was loaded from the location
                files.Add((location.ManifestPath, Manifest(original, calibration, input)));
            }

            if (parsed.GetValue(report) is { } reportFolder)
            {
                Directory.CreateDirectory(reportFolder);
            }

            FileReplacement.WriteAll(cancellationToken, files);
            if (parsed.GetValue(json))
            {
                Json.Write(terminal.Output, findings);
            }
            else
            {
                FindingsText.Print(findings, terminal);
            }

            foreach (var (path, _) in files)
            {
                terminal.Say($"Written: {path}");
            }

            return ExitCode.Ok;
        });
        return command;
    }

    /// <param name="original">The manifest's bytes; null where there is none.</param>
    /// <param name="calibration">What was fitted.</param>
    /// <param name="input">The recipe that it was fitted for, where that is not the manifest's own.</param>
    private static byte[] Manifest(byte[]? original, ManifestCalibration calibration, ManifestInput? input)
    {
        var manifest = original is null
            ? ManifestText.Create(calibration)
            : ManifestText.WithCalibration(original, calibration);
        if (input is not null)
        {
            manifest = ManifestText.WithInput(manifest, input);
        }

        // Never leave a manifest that the service would reject.
        _ = ModelManifest.Parse(manifest);
        return manifest;
    }
}
