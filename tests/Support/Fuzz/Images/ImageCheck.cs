using System.IO.Hashing;
using System.Runtime.InteropServices;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Tests.Support.Fuzz.Images;

/// <summary>The outcome of an image for the models that it was given to.</summary>
/// <param name="Read">The number of models that accepted it.</param>
/// <param name="Rejected">The number of models that rejected it.</param>
/// <param name="Hash">A hash of all tensors. Two runs are compared, because memory that a decoder has not written
/// differs.</param>
/// <param name="Fault">A description of what went wrong; null if nothing did.</param>
public sealed record ImageOutcome(int Read, int Rejected, ulong Hash, string? Fault);

/// <summary>Preprocesses images for models of realistic sizes.</summary>
public sealed class ImageCheck
{
    private readonly ImagePreprocessor[] _preprocessors = [
        .. ImageSetups.All.Select(input => new ImagePreprocessor(input, ImageSetups.MaxPixels))];
    private readonly float[] _tensor = new float[ImageSetups.All.Max(input => input.ElementCount)];

    public ImageOutcome Try(long number, ReadOnlySpan<byte> image)
    {
        int read = 0, rejected = 0;
        var hash = new XxHash3();
        foreach (var setup in ImageSetups.For(number))
        {
            var tensor = _tensor.AsSpan(0, ImageSetups.All[setup].ElementCount);
            try
            {
                _preprocessors[setup].Preprocess(image, tensor);
                read++;
                if (tensor.ContainsAnyExceptInRange(-0.01f, 1.01f))
                {
                    return new ImageOutcome(read, rejected, 0, "a pixel is not between 0 and 255");
                }

                hash.Append(MemoryMarshal.AsBytes(tensor));
            }
            catch (InferenceException exception)
                when (exception.Error
                        is InferenceError.ImageUndecodable
                            or InferenceError.ImageFormatUnsupported
                            or InferenceError.ImageTooLarge
                            or InferenceError.ImageEmpty)
            {
                rejected++;
            }
            catch (Exception exception)
            {
                return new ImageOutcome(read, rejected, 0, $"{exception.GetType().Name}: {exception.Message}");
            }
        }

        return new ImageOutcome(read, rejected, hash.GetCurrentHashAsUInt64(), null);
    }
}
