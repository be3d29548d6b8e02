using System.CommandLine;
using SoftmaxService.Cli.Data;
using SoftmaxService.Cli.Imports;
using SoftmaxService.Cli.Output;
using SoftmaxService.Cli.Recipes;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Cli.Commands;

/// <summary>
/// <c>softmax import SOURCE</c>: a model as its maker left it becomes a version that says what it is.
/// </summary>
internal static class ImportCommand
{
    private const int SearchImages = 100;
    private const int SearchSeed = 1;
    private const int MostLabels = 4;

    public static Command Create(Terminal terminal)
    {
        var source = new Argument<string>("SOURCE")
        {
            Description =
                "An ONNX file, or a folder as its maker left it, such as a copy of a Hugging Face repository.",
        };
        var name = new Option<string?>("--as")
        {
            Description = "What the model is called. [default: the file's or the folder's name]",
            HelpName = "NAME",
        };
        var version = new Option<int?>("--version")
        {
            Description = "The version to make. [default: the next]",
            HelpName = "N",
        };
        version.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && int.TryParse(text, out var number) && number < 1)
            {
                result.AddError($"--version must be at least 1, not {number}.");
            }
        });
        var models = new Option<string>("--models")
        {
            Description = "The folder of models.",
            HelpName = "DIR",
            DefaultValueFactory = _ => "models",
        };
        var recipe = CommonOptions.Recipe();
        var data = new Option<string?>("--data")
        {
            Description = $"Labelled images that decide what no file says: {ImageSets.Images}.",
            HelpName = "DATA",
        };
        var split = CommonOptions.Split();
        var command = new Command(
            "import",
            "Copies a model with what it needs to models/<name>/<version>/, and writes a model.json that states every "
                + "field with its source. A version that exists is never overwritten.")
        {
            source, name, version, models, recipe, data, split,
        };
        command.Runs(terminal, async (parsed, cancellationToken) =>
        {
            var found = ImportSource.Find(parsed.GetRequiredValue(source));
            var sidecars = found.Sidecars().Keys;
            using var staged = await StagedVersion.CopyAsync(
                found,
                parsed.GetRequiredValue(models),
                NameOf(parsed.GetValue(name) ?? found.Name),
                parsed.GetValue(version),
                cancellationToken);
            var stated = new ManifestInput();
            var sources = new Dictionary<string, string>();
            if (parsed.GetValue(recipe) is { } chosen)
            {
                using var plain = staged.Load();
                State(ScoringOptions.InputOf(chosen, plain), $"--recipe {chosen.Name}");
            }

            if (parsed.GetValue(data) is { } path)
            {
                using var plain = staged.Load(stated);
                var images = ImageSets.Open(path, parsed.GetValue(split), Labels.Of(plain.Labels));
                var findings = await RecipeCommand.SearchAsync(
                    plain, images, SearchImages, SearchSeed, terminal, cancellationToken);
                RecipeText.Print(findings, terminal);
                switch (findings.Verdict)
                {
                    case RecipeVerdict.Found:
                        State(findings.Input, $"found by {findings.Count} images of {findings.Dataset}");
                        break;

                    // What a file states stays its own.
                    case RecipeVerdict.Confirmed when findings.IsAssumed:
                        State(findings.Input, $"confirmed by {findings.Count} images of {findings.Dataset}");
                        break;
                }
            }

            Write(staged, stated, sources, sidecars, terminal);
            cancellationToken.ThrowIfCancellationRequested();
            terminal.WriteLine();
            terminal.WriteLine($"Imported: {staged.Publish()}");
            return ExitCode.Ok;

            void State(ManifestInput input, string by)
            {
                stated = stated.With(input);
                foreach (var (field, text) in ExplicitManifest.SourcesOf(input, by))
                {
                    sources[field] = text;
                }
            }
        });
        return command;
    }

    private static string NameOf(string name) =>
        name.Length > 0 && !name.StartsWith('.') && !name.Any(char.IsControl)
        && name.IndexOfAny(Path.GetInvalidFileNameChars()) < 0
            ? name
            : throw new UsageException($"'{name}' cannot be a model's name; say another with --as.");

    private static string NamesOf(IReadOnlyList<string> labels)
    {
        var listed = string.Join(", ", labels.Take(MostLabels));
        return $"{labels.Count}: {Quoting.Shorten(listed)}{(labels.Count > MostLabels ? ", …" : "")}";
    }

    private static void Write(
        StagedVersion staged,
        ManifestInput stated,
        IReadOnlyDictionary<string, string> sources,
        IEnumerable<string> sidecars,
        Terminal terminal)
    {
        using var model = staged.Load(stated);
        var manifest = new ExplicitManifest(model, sources);
        staged.WriteManifest(manifest.ToUtf8());
        staged.DeleteUnused(model, sidecars);

        // What was written must mean what was loaded.
        using (var written = staged.Load())
        {
            var (before, after) = (new ExplicitManifest(model, sources), new ExplicitManifest(written, sources));
            if (!before.Fields.Select(field => field.Value).SequenceEqual(after.Fields.Select(field => field.Value))
                || !model.Labels.SequenceEqual(written.Labels))
            {
                throw new InvalidOperationException(
                    $"the {ModelManifest.FileName} that was written does not describe the model as it was read");
            }
        }

        terminal.WriteTable(
            ["field", "value", "from"],
            [
                .. manifest.Fields.Select(field => new[] { field.Name, field.Value, field.Source }),
                ["labels", NamesOf(model.Labels), model.Sources["labels"]],
            ]);
        foreach (var warning in model.Warnings)
        {
            terminal.WriteLine($"Warning: {warning}");
        }
    }
}
