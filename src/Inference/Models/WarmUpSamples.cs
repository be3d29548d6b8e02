using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Inference.Models;

/// <summary>Images to warm up a model: black, white, and noise from fine to coarse. They are always the same.</summary>
internal static class WarmUpSamples
{
    private const int MinSamples = 2;
    private const int MaxSamples = 8;

    // Fewer would hold no noise, or the same noise twice.
    private const int MinSamplesOfBatches = 4;
    private const int MaxElements = 1 << 24;
    private const int Seed = 20_240_229;

    /// <param name="preprocessor">Makes inputs of images.</param>
    /// <param name="batch">How many inputs each run has to hold.</param>
    public static IReadOnlyList<float[]> For(ImagePreprocessor preprocessor, int batch)
    {
        var input = preprocessor.Input;
        var random = new Random(Seed);
        var pixels = new float[input.Width * input.Height * 4];
        var least = batch == 1 ? MinSamples : MinSamplesOfBatches;
        var samples = new float[Math.Clamp(MaxElements / (input.ElementCount * batch), least, MaxSamples)][];
        for (var sample = 0; sample < samples.Length; sample++)
        {
            Draw(pixels, input.Width, sample, random);
            samples[sample] = new float[input.ElementCount];
            preprocessor.Write(pixels, 4, samples[sample]);
        }

        return samples;
    }

    private static void Draw(float[] pixels, int width, int sample, Random random)
    {
        if (sample < 2)
        {
            Array.Fill(pixels, sample * 255f);
            return;
        }

        var block = 1 << (sample % 3);
        for (var i = 0; i < pixels.Length; i++)
        {
            var (x, y) = (i / 4 % width, i / 4 / width);
            var above = (((y * width) + x) * 4) + (i % 4) - (y % block * width * 4) - (x % block * 4);
            pixels[i] = above == i ? random.Next(256) : pixels[above];
        }
    }
}
