namespace SoftmaxService.Inference.Models.Inputs;

/// <summary>
/// How a graph expects pixels, where its first nodes leave no doubt. Graphs that scale by themselves turn pixels into
/// what networks are trained on: 0…1, −1…1, or numbers around 0. What must be fed follows from that.
/// </summary>
/// <param name="Scale">The factor of a pixel in 0…255.</param>
/// <param name="Mean">What is subtracted then: one number, or one per channel.</param>
/// <param name="Std">What it is divided by: as many.</param>
internal sealed record PixelExpectation(double Scale, IReadOnlyList<float> Mean, IReadOnlyList<float> Std)
{
    // 1/255 and 1/256 are the same habit, as are 1/127, 1/127.5 and 1/128.
    private const double Tolerance = 0.01;

    private static readonly float[] ImageNetMean = [0.485f, 0.456f, 0.406f];
    private static readonly float[] ImageNetStd = [0.229f, 0.224f, 0.225f];

    /// <summary>Pixels as they are.</summary>
    public static PixelExpectation Bytes { get; } = new(1, [0], [1]);

    /// <summary>Pixels in 0…1.</summary>
    public static PixelExpectation Unit { get; } = new(1.0 / 255, [0], [1]);

    /// <summary>Pixels normalized by ImageNet's mean and standard deviation.</summary>
    public static PixelExpectation ImageNet { get; } = new(1.0 / 255, ImageNetMean, ImageNetStd);

    /// <summary>What a beginning expects; null where that is not plain.</summary>
    public static PixelExpectation? Of(GraphBeginning beginning)
    {
        if (beginning.Steps.Count == 0)
        {
            return null;
        }

        var channels = beginning.Gains.Zip(beginning.Shifts).ToArray();
        return channels.All(TakesBytes) ? Bytes
            : channels.All(TakesUnit) || (beginning.BeginsWithShift && channels.All(Normalizes)) ? Unit
            : beginning.KeepsOrder && TakesImageNet(channels) ? ImageNet
            : null;
    }

    /// <summary>
    /// Division by 255, or subtraction of a mean of photographs. Any other division alone may be one of numbers from
    /// which a mean was subtracted before.
    /// </summary>
    private static bool TakesBytes((double Gain, double Shift) channel)
    {
        var (gain, shift) = channel;
        var divisor = 1 / Math.Abs(gain);
        var mean = -shift / gain; // the pixel that becomes 0
        return (IsNear(divisor, 255) && mean is > -2 and < 257)
            || (mean is >= 20 and <= 200 && divisor is >= 1 - Tolerance and <= 260);
    }

    /// <summary>Multiplication by 2 to −1…1, or by 255.</summary>
    private static bool TakesUnit((double Gain, double Shift) channel)
    {
        var (gain, shift) = channel;
        var mean = -shift / gain;
        return (IsNear(gain, 2) && Math.Abs(mean - 0.5) <= Tolerance)
            || (IsNear(gain, 255) && mean is > -Tolerance and < 0.8);
    }

    /// <summary>
    /// Subtraction of a mean and division by a standard deviation of images in 0…1. A factor that comes before the
    /// addend is as likely the first BatchNormalization.
    /// </summary>
    private static bool Normalizes((double Gain, double Shift) channel) =>
        1 / channel.Gain is >= 0.15 and <= 0.45 && -channel.Shift / channel.Gain is >= 0.05 and <= 0.95;

    /// <summary>
    /// The inverse of ImageNet's normalization, to −1…1: <c>transform_input</c> of GoogLeNet and Inception
    /// (https://github.com/pytorch/vision/blob/main/torchvision/models/googlenet.py).
    /// </summary>
    private static bool TakesImageNet((double Gain, double Shift)[] channels) =>
        channels.Length == 3
        && channels.Select((channel, i) =>
            IsNear(channel.Gain, 2 * ImageNetStd[i])
            && Math.Abs(channel.Shift - ((2 * ImageNetMean[i]) - 1)) <= Tolerance).All(isNear => isNear);

    private static bool IsNear(double number, double expected) =>
        Math.Abs(number - expected) <= Tolerance * expected;
}
