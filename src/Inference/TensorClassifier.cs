using System.Runtime.InteropServices;
using SoftmaxService.Inference.Models;
using SoftmaxService.Inference.Numerics;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference;

/// <summary>The second front door: tensors or images in, tensors out.</summary>
public static class TensorClassifier
{
    /// <summary>Runs a model on a batch of items and gives their logits <c>z</c>, their probabilities <c>softmax(z / T)</c>, and what the graph itself says.</summary>
    /// <param name="model">The model that is asked.</param>
    /// <param name="request">The items and what is wanted of them.</param>
    /// <param name="cancellation">Stops between two items.</param>
    /// <exception cref="InferenceException">An image cannot be read, or scores are wanted and an item's are not finite.</exception>
    public static Task<TensorAnswer> ClassifyAsync(ClassifierModel model, TensorRequest request, CancellationToken cancellation)
    {
        var items = request.Images is { } images ? Preprocess(model, images, cancellation) : request.Items;
        var graphOutputs = request.GraphOutputs.Count > 0 ? model.Classifier.RunAll(items, request.Count, request.GraphOutputs) : [];
        var temperature = ImageClassifier.TemperatureFor(model, new ClassificationOptions { Temperature = request.Temperature });
        if (!request.Scores)
            return Task.FromResult(new TensorAnswer(request.Count, model.ClassCount, [], [], temperature, graphOutputs));

        var logits = new float[request.Count * model.ClassCount];
        for (var item = 0; item < request.Count; item++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var run = model.Classifier.Rent();
            items.Span.Slice(item * model.Classifier.ItemBytes, model.Classifier.ItemBytes).CopyTo(MemoryMarshal.AsBytes(run.Input));
            run.Execute();
            model.ToLogits(run.Output);
            run.Output.CopyTo(logits.AsSpan(item * model.ClassCount));
        }

        var probabilities = new float[logits.Length];
        Softmax.ComputeRows(logits, probabilities, model.ClassCount, temperature.Value);
        for (var item = 0; item < request.Count; item++)
        {
            if (float.IsNaN(probabilities[item * model.ClassCount]))
                throw new InferenceException(InferenceError.ModelOutputNotFinite, $"The model's output for item {item} holds NaN or +Infinity, or is -Infinity for every class: it has no probabilities.");
        }

        return Task.FromResult(new TensorAnswer(request.Count, model.ClassCount, logits, probabilities, temperature, graphOutputs));
    }

    private static byte[] Preprocess(ClassifierModel model, IReadOnlyList<ReadOnlyMemory<byte>> images, CancellationToken cancellation)
    {
        var length = model.Classifier.ItemBytes;
        var items = new byte[images.Count * length];
        for (var item = 0; item < images.Count; item++)
        {
            cancellation.ThrowIfCancellationRequested();
            model.Preprocessor.Preprocess(images[item].Span, MemoryMarshal.Cast<byte, float>(items.AsSpan(item * length, length)));
        }

        return items;
    }
}

/// <summary>A batch for a model: exactly one of <see cref="Items"/> and <see cref="Images"/>.</summary>
public sealed record TensorRequest
{
    /// <summary><see cref="Count"/> items in the model's element type, little-endian, in the graph's order.</summary>
    public ReadOnlyMemory<byte> Items { get; init; }

    /// <summary>Encoded images, decoded and preprocessed as the manifest says.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>>? Images { get; init; }

    /// <summary>How many items there are, at least 1.</summary>
    public required int Count { get; init; }

    /// <summary>T, &gt; 0 and finite; null for the model's calibrated one, else 1.</summary>
    public float? Temperature { get; init; }

    /// <summary>Whether logits and probabilities are wanted; where not, the answer's are empty, and numbers that are not finite are no fault.</summary>
    public bool Scores { get; init; } = true;

    /// <summary>The names of the graph's own outputs that are wanted.</summary>
    public IReadOnlyCollection<string> GraphOutputs { get; init; } = [];
}

/// <summary>A model's answer for a batch.</summary>
/// <param name="Count">The number of items, N.</param>
/// <param name="ClassCount">K.</param>
/// <param name="Logits">N rows of K logits.</param>
/// <param name="Probabilities">N rows of K probabilities.</param>
/// <param name="Temperature">T and where it came from.</param>
/// <param name="GraphOutputs">The graph's own outputs that were asked for, in that order.</param>
public sealed record TensorAnswer(
    int Count, int ClassCount, float[] Logits, float[] Probabilities, AppliedTemperature Temperature, IReadOnlyList<OnnxTensor> GraphOutputs);
