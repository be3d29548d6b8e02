using SoftmaxService.Inference;
using SoftmaxService.Inference.Imaging;
using SoftmaxService.Inference.Models;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Cli.Models;

/// <summary>What there is to know of a model without data.</summary>
/// <param name="Model">The ONNX file's path.</param>
/// <param name="Inputs">The graph's inputs as declared.</param>
/// <param name="Outputs">The graph's outputs as declared.</param>
/// <param name="Served">How the service reads it; null where it refuses to.</param>
/// <param name="Problems">Why the service would not serve it.</param>
/// <param name="Notes">What it would serve, and its owner should know.</param>
internal sealed record Inspection(
    string Model,
    IReadOnlyList<InspectedTensor> Inputs,
    IReadOnlyList<InspectedTensor> Outputs,
    ServedAs? Served,
    IReadOnlyList<string> Problems,
    IReadOnlyList<string> Notes)
{
    // Log-softmax and softmax of a run in 32 bits add up to 1 within far less.
    private const double SumTolerance = 1e-3;

    public static Inspection Of(ModelLocation location)
    {
        OnnxModel onnx;
        try
        {
            onnx = OnnxModel.Load(location.OnnxPath, new OnnxSettings());
        }
        catch (InvalidDataException exception)
        {
            throw new Data.DataException($"{location.OnnxPath}: {exception.Message}", exception);
        }

        using (onnx)
        {
            var (inputs, outputs) = (Describe(onnx.Inputs), Describe(onnx.Outputs));
            try
            {
                using var model = ClassifierModel.Load(location.Folder, location.Name, location.Version, new ModelSettings(), location.OnnxFileName);
                return new Inspection(location.OnnxPath, inputs, outputs, ServedAs.Of(model), [], [.. NotesOn(model, location)]);
            }
            catch (ModelLoadException exception)
            {
                return new Inspection(location.OnnxPath, inputs, outputs, null, [exception.Message], []);
            }
        }
    }

    private static InspectedTensor[] Describe(IReadOnlyList<OnnxTensorInfo> tensors) =>
        [.. tensors.Select(tensor => new InspectedTensor(tensor.Name, tensor.ElementType, tensor.ShapeText))];

    private static IEnumerable<string> NotesOn(ClassifierModel model, ModelLocation location)
    {
        var manifest = model.Manifest;
        if (!location.IsVersionFolder)
        {
            yield return $"The service looks for {ClassifierModel.OnnxFileName} in models/<name>/<version>/; this file has another name.";
        }
        else if (!int.TryParse(location.Version, out var version) || version < 1)
        {
            yield return $"The service looks in folders that are named with a version, 1, 2, 3, …; this one is named '{location.Version}'.";
        }

        if (!File.Exists(location.ManifestPath))
        {
            yield return $"There is no {ModelManifest.FileName}: pixels are divided by 255, and the classes are called by their numbers.";
        }
        else if (manifest.Labels is null)
        {
            yield return $"{ModelManifest.FileName} names no labels: the classes are called by their numbers.";
        }

        if (model.Input is { Channels: 1, Width: <= 32, Foreground: Foreground.None })
        {
            yield return "Small grey images are often digits; if this model reads light ink on black as MNIST has it, say \"foreground\": \"light\" in input, and any drawing is brought to that form.";
        }

        if (SuspectedKind(model) is { } kind)
        {
            yield return $"The output for a grey image looks like {kind}, but is read as {Names.Of(model.OutputKind)}; if it is so, say \"output\": {{ \"kind\": \"{kind}\" }}.";
        }

        if (model.CalibratedTemperature is null)
        {
            yield return "The model is not calibrated: its probabilities are softmax at temperature 1. softmax calibrate fits one on labelled images.";
        }
        else if (!File.Exists(Path.Combine(location.Folder, ClassifierModel.ReliabilityFileName)))
        {
            yield return $"There is no {ClassifierModel.ReliabilityFileName} beside the manifest; softmax calibrate writes one.";
        }
    }

    /// <summary>Probabilities that are declared as logits would be squashed twice; one image tells.</summary>
    private static string? SuspectedKind(ClassifierModel model)
    {
        if (model.OutputKind != OutputKind.Logits)
        {
            return null;
        }

        var gray = new byte[model.Input.Width * model.Input.Height];
        Array.Fill(gray, (byte)128);
        try
        {
            var answer = ImageClassifier.Classify(model, Data.PngEncoding.FromGray(gray, model.Input.Width, model.Input.Height), new ClassificationOptions { Temperature = 1f });
            var scores = answer.Predictions.Select(prediction => (double)prediction.Logit).ToArray();
            return scores.All(score => score is >= 0 and <= 1) && Math.Abs(scores.Sum() - 1) < SumTolerance ? "probabilities"
                : scores.All(score => score <= 0) && Math.Abs(scores.Sum(Math.Exp) - 1) < SumTolerance ? "log-probabilities"
                : null;
        }
        catch (InferenceException)
        {
            return null;
        }
    }
}

/// <summary>An input or output of the graph.</summary>
internal sealed record InspectedTensor(string Name, string Type, string Shape);

/// <summary>How the service reads a model: what the graph and the manifest say together, and the defaults for the rest.</summary>
internal sealed record ServedAs
{
    public required string Layout { get; init; }

    public required int Channels { get; init; }

    public required int Height { get; init; }

    public required int Width { get; init; }

    public required string Color { get; init; }

    public required float Scale { get; init; }

    public required IReadOnlyList<float> Mean { get; init; }

    public required IReadOnlyList<float> Std { get; init; }

    public required string Resize { get; init; }

    public required string Foreground { get; init; }

    public required string OutputKind { get; init; }

    public required int ClassCount { get; init; }

    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>The calibrated temperature, if any.</summary>
    public required float? CalibratedTemperature { get; init; }

    public static ServedAs Of(ClassifierModel model) => new()
    {
        Layout = Names.Of(model.Input.Layout),
        Channels = model.Input.Channels,
        Height = model.Input.Height,
        Width = model.Input.Width,
        Color = Names.Of(model.Input.Color),
        Scale = model.Input.Scale,
        Mean = model.Input.Mean,
        Std = model.Input.Std,
        Resize = Names.Of(model.Input.Resize),
        Foreground = Names.Of(model.Input.Foreground),
        OutputKind = Names.Of(model.OutputKind),
        ClassCount = model.ClassCount,
        Labels = model.Labels,
        CalibratedTemperature = model.CalibratedTemperature,
    };
}
