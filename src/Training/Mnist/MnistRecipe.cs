using System.Globalization;
using static TorchSharp.torch;

namespace SoftmaxService.Training.Mnist;

/// <summary>Every number that decides what comes out of a training run, beside the net and the augmentation.</summary>
internal static class MnistRecipe
{
    /// <summary>
    /// The other 5,000 of MNIST's 60,000 training images are kept for calibration: nothing here may look at them.
    /// </summary>
    public const int TrainingImages = 55_000;

    public const int DefaultEpochs = 40;

    public const double PixelScale = 1.0 / 255.0;
    public const float Mean = 0.1307f;
    public const float Std = 0.3081f;

    public const int BatchSize = 128;
    public const double PeakLearningRate = 0.1;
    public const double WarmUpShare = 0.1;
    public const double Momentum = 0.9;
    public const double WeightDecay = 0.0005;
    public const double MaxGradientNorm = 5;

    /// <summary>Little, since a model's confidence must still tell its hard images from its easy ones.</summary>
    public const double LabelSmoothing = 0.05;

    public static string Summary { get; } = string.Create(
        CultureInfo.InvariantCulture,
        $"Nesterov SGD, momentum {Momentum}, weight decay {WeightDecay}, batches of {BatchSize}; learning rate up to "
            + $"{PeakLearningRate} over the first {WarmUpShare:P0} of the steps, then half a cosine to 0; gradient "
            + $"norm at most {MaxGradientNorm}; cross-entropy with label smoothing {LabelSmoothing}");

    /// <summary>Weights decay; BatchNorm's parameters and biases, all of one dimension, do not.</summary>
    public static double DecayOf(Tensor parameter) => parameter.dim() > 1 ? WeightDecay : 0;

    /// <summary>Linear warm-up, then half a cosine to 0; <paramref name="progress"/> runs from 0 to 1.</summary>
    public static double LearningRate(double progress) => progress < WarmUpShare
        ? PeakLearningRate * progress / WarmUpShare
        : PeakLearningRate * 0.5 * (1 + Math.Cos(Math.PI * (progress - WarmUpShare) / (1 - WarmUpShare)));
}
