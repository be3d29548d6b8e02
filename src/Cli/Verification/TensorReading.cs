using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Cli.Verification;

/// <summary>
/// In which order a tensor's numbers are read: as its shape says, or as a frequent mistake of the code that made it
/// would have them.
/// </summary>
/// <param name="Planes">The channel planes that are read so.</param>
/// <param name="Mistake">The mistake, as a sentence; null for the order that the shape says.</param>
internal sealed record TensorReading(float[] Planes, string? Mistake)
{
    // By so much must another order be nearer to the image than that of the shape.
    private const double Advantage = 0.5;

    // In levels. A tensor of the image is as near to it even by a recipe that is not tried; one of another image is in
    // no order near to it.
    private const double Near = 20;

    // In levels: nearer than any wrong order comes.
    private const double Same = 1;

    /// <summary>The reading by which the tensor is nearest to the image.</summary>
    public static TensorReading Find(
        DecodedImage image, float[] values, ImageInput served, CancellationToken cancellationToken)
    {
        var asShaped = new TensorReading(Verification.Planes.Of(values, served), null);
        var distanceAsShaped = DistanceOf(asShaped);
        if (distanceAsShaped <= Same)
        {
            return asShaped;
        }

        var best = (Reading: asShaped, Distance: Math.Min(distanceAsShaped * Advantage, Near));
        foreach (var other in Mistakes(values, asShaped.Planes, served))
        {
            if (DistanceOf(other) is var distance && distance < best.Distance)
            {
                best = (other, distance);
            }
        }

        return best.Reading;

        double DistanceOf(TensorReading reading) =>
            new NearestRecipeSearch(new TensorJudge(image, reading.Planes).Judge, cancellationToken)
                .FindFraming(served).Distance;
    }

    private static IEnumerable<TensorReading> Mistakes(float[] values, float[] planes, ImageInput served)
    {
        if (served.Channels > 1)
        {
            var isLast = served.Layout == TensorLayout.ChannelsLast;
            var (shape, order) = isLast ? ("NHWC", "NCHW") : ("NCHW", "NHWC");
            yield return new TensorReading(
                isLast ? values : Verification.Planes.FromPixels(values, served),
                $"Your tensor has the shape of {shape}, but its numbers are in the order of {order}: it was reshaped "
                + "where it must be transposed.");
        }

        if (served.Width == served.Height)
        {
            yield return new TensorReading(
                Verification.Planes.Transpose(planes, served),
                "Your tensor has rows and columns exchanged.");
        }
    }
}
