using SoftmaxService.Cli.Data;
using SoftmaxService.Inference;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Cli.Verification;

/// <summary>What a model makes of one image, and of input tensors.</summary>
/// <param name="model">The model.</param>
/// <param name="image">The encoded image.</param>
/// <param name="imagePath">The image's file, for messages.</param>
internal sealed class ModelAnswers(ClassifierModel model, byte[] image, string imagePath)
{
    private readonly TensorInput _input = TensorInput.Of(model);

    /// <summary>The input tensor of the image, as the model gets it, in the graph's order.</summary>
    /// <exception cref="DataException">The image cannot be read.</exception>
    public float[] InputOfImage() => Answer(async () =>
        (await ImageClassifier.PrepareInputAsync(model, image, CancellationToken.None)).ToFloats());

    /// <summary>The model's logits of an input tensor in the graph's order.</summary>
    /// <exception cref="DataException">The model fails on it, or gives no finite scores.</exception>
    public float[] LogitsOf(float[] tensor) => Answer(async () =>
    {
        var request = new TensorRequest { Items = _input.Encode(tensor), Count = 1, Temperature = 1 };
        return (await TensorClassifier.ClassifyAsync(model, request, CancellationToken.None)).Logits;
    });

    // A command has a thread of its own, which waits here.
    private T Answer<T>(Func<Task<T>> work)
    {
        try
        {
            return work().GetAwaiter().GetResult();
        }
        catch (InferenceException fault)
        {
            throw new DataException($"{imagePath}: {fault.Message}", fault);
        }
    }
}
