using System.IO.Hashing;
using System.Runtime.InteropServices;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Tests.Support.Fuzz.Images;

/// <summary>What became of an image under the models that it was given to.</summary>
/// <param name="Read">By how many it was read.</param>
/// <param name="Refused">By how many it was refused.</param>
/// <param name="Hash">Of all tensors, so that two runs can be compared: memory that a decoder has not written
/// differs.</param>
/// <param name="Fault">What should not happen; null where nothing did.</param>
public sealed record ImageOutcome(int Read, int Refused, ulong Hash, string? Fault);

/// <summary>Preprocesses images for models of real sizes.</summary>
public sealed class ImageTrier
{
    private readonly ImagePreprocessor[] _preprocessors = [
        .. ImageSetups.All.Select(input => new ImagePreprocessor(input, ImageSetups.MaxPixels))];
    private readonly float[] _tensor = new float[ImageSetups.All.Max(input => input.ElementCount)];

    public ImageOutcome Try(long number, ReadOnlySpan<byte> image)
    {
        int read = 0, refused = 0;
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
                    return new ImageOutcome(read, refused, 0, "a pixel is not between 0 and 255");
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
                refused++;
            }
            catch (Exception exception)
            {
                return new ImageOutcome(read, refused, 0, $"{exception.GetType().Name}: {exception.Message}");
            }
        }

        return new ImageOutcome(read, refused, hash.GetCurrentHashAsUInt64(), null);
    }
}
