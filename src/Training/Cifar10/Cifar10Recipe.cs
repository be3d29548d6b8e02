using System.Globalization;

namespace SoftmaxService.Training.Cifar10;

/// <summary>
/// Every number that decides what comes out of a training run, beside the net: airbench94 by Keller Jordan (2024), for
/// longer.
/// </summary>
internal static class Cifar10Recipe
{
    /// <summary>
    /// The other 5,000 of CIFAR-10's 50,000 training images are kept for calibration: nothing here may look at them.
    /// </summary>
    public const int TrainingImages = 45_000;

    public const int DefaultEpochs = 30;

    public const double PixelScale = 1.0 / 255.0;

    public const int BatchSize = 1024;
    public const double Momentum = 0.85;
    public const double LabelSmoothing = 0.1;

    /// <summary>Norms' biases learn so many times faster than everything else.</summary>
    public const double BiasLearningRateScale = 64;

    /// <summary>The whitening convolution's bias is frozen after so many epochs; its weights always are.</summary>
    public const int WhiteningBiasEpochs = 3;

    public const int WhiteningImages = 5_000;
    public const double WhiteningEpsilon = 5e-4;

    public const int MaxShift = 2;

    /// <summary>Cutout (DeVries and Taylor 2017): longer training needs harder images.</summary>
    public const int CutSize = 8;

    public const int LookaheadSteps = 5;

    private const double LearningRatePerBatch = 11.5;
    private const double WeightDecayPerBatch = 0.0153;

    private const double FirstRateShare = 0.2;
    private const double LastRateShare = 0.07;
    private const double WarmUpShare = 0.23;

    /// <summary>
    /// How far a summed gradient goes in the long run by Nesterov momentum, so that rates are stated free of it.
    /// </summary>
    private const double MomentumScale = 1 + (1 / (1 - Momentum));

    /// <summary>An example's, since the loss is a sum.</summary>
    public const double PeakLearningRate = LearningRatePerBatch / (BatchSize * MomentumScale);

    public static float[] Mean { get; } = [0.4914f, 0.4822f, 0.4465f];

    public static float[] Std { get; } = [0.2470f, 0.2435f, 0.2616f];

    public static string AugmentationSummary { get; } = string.Create(
        CultureInfo.InvariantCulture,
        $"reflected at the edges and shifted by up to {MaxShift} pixels an axis; a square of {CutSize} pixels blanked "
            + $"out; mirrored by a coin in the first epoch, then the other way each epoch");

    public static string Summary { get; } = string.Create(
        CultureInfo.InvariantCulture,
        $"airbench94 (Keller Jordan 2024): Nesterov SGD, momentum {Momentum}, batches of {BatchSize}, summed "
            + $"cross-entropy with label smoothing {LabelSmoothing}; learning rate {PeakLearningRate:G4} an example, "
            + $"{BiasLearningRateScale} times that for the biases of the norms, decoupled weight decay "
            + $"{WeightDecayPerBatch}; from {FirstRateShare:P0} up to it over the first {WarmUpShare:P0} of the steps, "
            + $"then linearly to {LastRateShare:P0}; lookahead every {LookaheadSteps} steps; whitening bias frozen "
            + $"after epoch {WhiteningBiasEpochs}; bfloat16 with float32 weights and statistics");

    /// <summary>Up, then down, in straight lines; <paramref name="progress"/> runs from 0 to 1.</summary>
    public static double LearningRate(double progress) => PeakLearningRate * (progress < WarmUpShare
        ? double.Lerp(FirstRateShare, 1, progress / WarmUpShare)
        : double.Lerp(1, LastRateShare, (progress - WarmUpShare) / (1 - WarmUpShare)));

    /// <summary>
    /// What a parameter's gradient gets of its weight: decoupled from the learning rate's peak, not from its schedule.
    /// </summary>
    public static double WeightDecay(double learningRateScale) =>
        WeightDecayPerBatch / MomentumScale / (PeakLearningRate * learningRateScale);

    /// <summary>
    /// How much of itself the slow copy of the weights keeps, so that it follows closely at first and hardly at the
    /// end.
    /// </summary>
    public static double LookaheadDecay(double progress) => Math.Pow(0.95, LookaheadSteps) * Math.Pow(progress, 3);
}
