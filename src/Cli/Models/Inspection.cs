using SoftmaxService.Cli.Manifests;
using SoftmaxService.Inference.Imaging;
using SoftmaxService.Inference.Models;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Cli.Models;

/// <summary>What there is to know of a model without data.</summary>
/// <param name="Model">The ONNX file's path.</param>
/// <param name="Inputs">The graph's inputs as declared.</param>
/// <param name="Outputs">The graph's outputs as declared.</param>
/// <param name="Served">How the service reads it; null where it rejects to.</param>
/// <param name="Problems">Why the service would not serve it.</param>
/// <param name="Warnings">What was assumed and can change answers.</param>
/// <param name="Notes">What it would serve, and its owner should know.</param>
internal sealed record Inspection(
    string Model,
    IReadOnlyList<InspectedTensor> Inputs,
    IReadOnlyList<InspectedTensor> Outputs,
    ServedAs? Served,
    IReadOnlyList<string> Problems,
    IReadOnlyList<string> Warnings,
    IReadOnlyList<string> Notes)
{
    public static async Task<Inspection> OfAsync(ModelLocation location, CancellationToken cancellationToken)
    {
        var fault = await ModelTrial.FindFaultAsync(location.Folder, location.OnnxFileName, cancellationToken);
        return fault is null ? Of(location) : new Inspection(location.OnnxPath, [], [], null, [fault], [], []);
    }

    private static Inspection Of(ModelLocation location)
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
                using var model = ClassifierModel.Load(
                    location.Folder,
                    location.Name,
                    location.Version,
                    new ModelSettings(),
                    location.OnnxFileName);
                return new Inspection(
                    location.OnnxPath,
                    inputs,
                    outputs,
                    ServedAs.Of(model),
                    [],
                    model.Warnings,
                    [.. NotesOn(model, location)]);
            }
            catch (ModelLoadException exception)
            {
                return new Inspection(location.OnnxPath, inputs, outputs, null, [exception.Message], [], []);
            }
        }
    }

    private static InspectedTensor[] Describe(IReadOnlyList<OnnxTensorInfo> tensors) =>
        [.. tensors.Select(tensor => new InspectedTensor(tensor.Name, tensor.ElementType, tensor.ShapeText))];

    private static IEnumerable<string> NotesOn(ClassifierModel model, ModelLocation location)
    {
        if (!location.IsVersionFolder)
        {
            yield return $"The service looks for {ClassifierModel.OnnxFileName} in models/<name>/<version>/; this file "
                + "has another name.";
        }
        else if (!int.TryParse(location.Version, out var version) || version < 1)
        {
            yield return $"In the service's folder of models, this folder is version 1 of '{location.Version}', unless "
                + "it has folders that are named with a version, 1, 2, 3, ….";
        }

        foreach (var choice in model.Notes)
        {
            yield return choice;
        }

        if (model.CalibratedTemperature is null)
        {
            yield return "The model is not calibrated: its probabilities are softmax at temperature 1. softmax "
                + "calibrate fits one on labelled images.";
        }
        else if (!File.Exists(Path.Combine(location.Folder, ClassifierModel.ReliabilityFileName)))
        {
            yield return $"There is no {ClassifierModel.ReliabilityFileName} beside the manifest; softmax calibrate "
                + "writes one.";
        }
    }
}

/// <summary>An input or output of the graph.</summary>
internal sealed record InspectedTensor(string Name, string Type, string Shape);

/// <summary>
/// How the service reads a model: what the graph and the manifest say together, and the defaults for the rest.
/// </summary>
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

    public required bool Standardize { get; init; }

    public required string Resize { get; init; }

    public required ResizeTarget? ResizeTo { get; init; }

    public required string CropOffset { get; init; }

    public required string ResizeRounding { get; init; }

    public required string Filter { get; init; }

    public required bool Antialias { get; init; }

    public required bool Round { get; init; }

    public required IReadOnlyList<float> Fill { get; init; }

    public required IReadOnlyList<byte> Background { get; init; }

    public required string Foreground { get; init; }

    /// <summary>What the graph's input holds.</summary>
    public required string ElementType { get; init; }

    /// <summary>The name of the output that holds the scores.</summary>
    public required string Output { get; init; }

    /// <summary>Why that one.</summary>
    public required string OutputReason { get; init; }

    public required string OutputKind { get; init; }

    /// <summary>Whether the kind was found by looking at what the model gives; else the manifest says it.</summary>
    public required bool OutputKindIsDetected { get; init; }

    public required int ClassCount { get; init; }

    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>The most images that share a run.</summary>
    public required int MaxBatchSize { get; init; }

    /// <summary>Why that is 1, where it is.</summary>
    public required string? BatchingRefusal { get; init; }

    /// <summary>Where each field comes from, by its name in the manifest.</summary>
    public required IReadOnlyDictionary<string, string> Sources { get; init; }

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
        Standardize = model.Input.Standardize,
        Resize = Names.Of(model.Input.Resize),
        ResizeTo = model.Input.ResizeTo,
        CropOffset = Names.Of(model.Input.CropOffset),
        ResizeRounding = Names.Of(model.Input.ResizeRounding),
        Filter = Names.Of(model.Input.Filter),
        Antialias = model.Input.Antialias,
        Round = model.Input.Round,
        Fill = model.Input.Fill,
        Background = model.Input.Background,
        Foreground = Names.Of(model.Input.Foreground),
        ElementType = model.GraphInput.ElementType,
        Output = model.GraphOutput.Name,
        OutputReason = model.ScoresOutput.Reason,
        OutputKind = Names.Of(model.OutputKind),
        OutputKindIsDetected = model.OutputKindIsDetected,
        ClassCount = model.ClassCount,
        Labels = model.Labels,
        MaxBatchSize = model.MaxBatchSize,
        BatchingRefusal = model.BatchingRefusal,
        Sources = model.Sources,
        CalibratedTemperature = model.CalibratedTemperature,
    };
}
