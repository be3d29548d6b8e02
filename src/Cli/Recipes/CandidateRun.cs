using System.Numerics;
using System.Runtime.InteropServices;
using SoftmaxService.Cli.Data;
using SoftmaxService.Inference;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Imaging;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Cli.Recipes;

/// <summary>Runs a model on a sample under one recipe, several images a run.</summary>
internal sealed class CandidateRun(ClassifierModel model, SampleImages sample)
{
    // More would only hold their tensors for longer: a run takes no more of them.
    private const int MostTogether = 16;

    /// <summary>Null where the model has no finite answer under this recipe.</summary>
    public async Task<CandidateScore?> ScoreAsync(RecipeCandidate candidate, CancellationToken cancellationToken)
    {
        var pixels = sample.PixelsOf(candidate.Values.Standardize
            ? candidate.Framing with { Standardize = true, Scale = Math.Sign(candidate.Values.Scale) }
            : candidate.Framing);
        var logits = new float[checked(pixels.Length * model.ClassCount)];
        var itemBytes = TensorInput.Of(model).ItemBytes;
        for (var start = 0; start < pixels.Length; start += MostTogether)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var images = pixels[start..Math.Min(start + MostTogether, pixels.Length)];
            var items = new byte[images.Length * itemBytes];
            foreach (var (index, image) in images.Index())
            {
                Encode(ToTensor(candidate, image), items.AsSpan(index * itemBytes, itemBytes));
            }

            try
            {
                var answer = await TensorClassifier.ClassifyAsync(
                    model, new TensorRequest { Items = items, Count = images.Length }, cancellationToken);
                answer.Logits.CopyTo(logits, start * model.ClassCount);
            }
            catch (InferenceException fault) when (fault.Error == InferenceError.ModelOutputNotFinite)
            {
                return null;
            }
            catch (InferenceException fault)
            {
                throw new DataException($"{sample.Name}: {fault.Message}", fault);
            }
        }

        return CandidateScore.Of(candidate, logits, sample.Labels);
    }

    private static float[] ToTensor(RecipeCandidate candidate, float[] pixels)
    {
        if (candidate.Values.Standardize)
        {
            return pixels; // the preprocessor has done it
        }

        var (values, channels) = (candidate.Values, candidate.Channels);
        var isInterleaved = candidate.Framing.Layout == TensorLayout.ChannelsLast;
        var (multiply, add) = (new float[channels], new float[channels]);
        for (var channel = 0; channel < channels; channel++)
        {
            add[channel] = (float)values.Element(0, channel);
            multiply[channel] = (float)(values.Element(1, channel) - values.Element(0, channel));
        }

        var tensor = new float[pixels.Length];
        var plane = pixels.Length / channels;
        for (var index = 0; index < tensor.Length; index++)
        {
            var channel = isInterleaved ? index % channels : index / plane;
            tensor[index] = (pixels[index] * multiply[channel]) + add[channel];
        }

        return tensor;
    }

    private void Encode(float[] tensor, Span<byte> item)
    {
        switch (model.GraphInput.ElementType)
        {
            case "float16":
                Convert<Half>(tensor, item);
                break;
            case "double":
                Convert<double>(tensor, item);
                break;
            case "uint8":
                Round<byte>(tensor, item);
                break;
            case "int8":
                Round<sbyte>(tensor, item);
                break;
            case "int32":
                Round<int>(tensor, item);
                break;
            case "int64":
                Round<long>(tensor, item);
                break;
            default:
                MemoryMarshal.AsBytes<float>(tensor).CopyTo(item);
                break;
        }
    }

    private static void Convert<T>(float[] tensor, Span<byte> item)
        where T : unmanaged, INumberBase<T>
    {
        var elements = MemoryMarshal.Cast<byte, T>(item);
        for (var index = 0; index < tensor.Length; index++)
        {
            elements[index] = T.CreateTruncating(tensor[index]);
        }
    }

    private static void Round<T>(float[] tensor, Span<byte> item)
        where T : unmanaged, INumberBase<T>
    {
        var elements = MemoryMarshal.Cast<byte, T>(item);
        for (var index = 0; index < tensor.Length; index++)
        {
            elements[index] = T.CreateSaturating(MathF.Round(tensor[index]));
        }
    }
}
