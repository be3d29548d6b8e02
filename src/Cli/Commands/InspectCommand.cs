using System.CommandLine;
using System.Globalization;
using SoftmaxService.Cli.Data;
using SoftmaxService.Cli.Manifests;
using SoftmaxService.Cli.Models;
using SoftmaxService.Cli.Output;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Cli.Commands;

/// <summary>
/// <c>softmax inspect MODEL</c>: what the graph says, what is made of it, and what is wrong, in words.
/// </summary>
internal static class InspectCommand
{
    public static Command Create(Terminal terminal)
    {
        var model = CommonOptions.Model();
        var json = CommonOptions.Json();
        var command = new Command(
            "inspect",
            "Shows a model's input, output and types, what is inferred from them, and what is wrong, in words. Ends "
                + "with 1 where the service would not serve it.")
        {
            model,
            json,
        };
        command.Runs(
            terminal,
            async (parsed, cancellationToken) =>
            {
                var location = ModelLocation.Find(parsed.GetRequiredValue(model));
                var inspection = await Inspection.OfAsync(location, cancellationToken);
                if (parsed.GetValue(json))
                {
                    Json.Write(terminal.Output, inspection);
                }
                else
                {
                    Print(inspection, terminal);
                }

                if (inspection.Problems.Count > 0)
                {
                    throw new DataException($"{inspection.Model}: the service would not serve this model.");
                }

                return ExitCode.Ok;
            });
        return command;
    }

    private static void Print(Inspection inspection, Terminal terminal)
    {
        terminal.WriteHeading(inspection.Model);
        if (inspection.Inputs.Count + inspection.Outputs.Count > 0)
        {
            terminal.WriteTable(
                ["graph", "name", "type", "shape"],
                [
                    .. inspection.Inputs.Select(tensor => RowOf("input", tensor)),
                    .. inspection.Outputs.Select(tensor => RowOf("output", tensor)),
                ]);
        }

        if (inspection.Served is { } served)
        {
            terminal.WriteTable(
                ["read as", ""],
                [
                    ["layout", served.Layout],
                    ["image", $"{served.Width} × {served.Height}, {served.Color}"],
                    ["element", served.ElementType],
                    [
                        "value",
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"(pixel · {served.Scale:G6} − [{string.Join(", ", served.Mean)}]) / "
                                + $"[{string.Join(", ", served.Std)}]"),
                    ],
                    .. ResizeOf(served),
                    ["foreground", served.Foreground],
                    ["output", $"{served.Output}: {served.OutputReason}"],
                    [
                        "scores",
                        $"{served.OutputKind} of {served.ClassCount} classes, "
                            + (served.OutputKindIsDetected ? "as the warm-up inputs show" : "as the manifest says"),
                    ],
                    [
                        "batching",
                        served.BatchingRefusal is { } refusal
                            ? $"one by one: {refusal}"
                            : $"up to {served.MaxBatchSize} images share a run",
                    ],
                    ["labels", Labels.Of(served.Labels).ToString()],
                    [
                        "temperature",
                        served.CalibratedTemperature is { } temperature
                            ? string.Create(CultureInfo.InvariantCulture, $"{temperature:G6}, calibrated")
                            : "1, not calibrated",
                    ],
                ]);
        }

        PrintSources(terminal, inspection.Served?.Sources);
        PrintList(terminal, "Problems", inspection.Problems);
        PrintList(terminal, "Warnings", inspection.Warnings);
        PrintList(terminal, "Notes", inspection.Notes);
    }

    private static void PrintSources(Terminal terminal, IReadOnlyDictionary<string, string>? sources)
    {
        if (sources is not null)
        {
            terminal.WriteTable(["field", "from"], [.. sources.Select(entry => new[] { entry.Key, entry.Value })]);
        }
    }

    // A foreground is drawn in its own way.
    private static IEnumerable<string[]> ResizeOf(ServedAs served)
    {
        yield return
        [
            "resize",
            served.ResizeTo is { } target ? $"{served.Resize}, of {target}, offset {served.CropOffset}"
                : served is { Resize: "crop", CropOffset: "down" } ? $"{served.Resize}, offset {served.CropOffset}"
                : served.Resize,
        ];
        if (served.Foreground != Names.Of(Foreground.None))
        {
            yield break;
        }

        yield return ["filter", FilterOf(served)];
        yield return ["fill", $"[{string.Join(", ", served.Fill)}]"];
        yield return ["background", $"[{string.Join(", ", served.Background)}]"];
    }

    private static string FilterOf(ServedAs served) =>
        $"{served.Filter}{(served.Antialias ? "" : ", no antialias")}{(served.Round ? ", rounded" : "")}";

    private static string[] RowOf(string role, InspectedTensor tensor) =>
        [role, tensor.Name, tensor.Type, tensor.Shape];

    private static void PrintList(Terminal terminal, string heading, IReadOnlyList<string> sentences)
    {
        if (sentences.Count > 0)
        {
            terminal.WriteHeading(heading);
            foreach (var sentence in sentences)
            {
                terminal.WriteLine($"- {sentence}");
            }
        }
    }
}
