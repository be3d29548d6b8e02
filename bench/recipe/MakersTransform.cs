using static TorchSharp.torch;

namespace SoftmaxService.RecipeBenchmarks;

/// <summary>What a maker does to images on their way into the net.</summary>
internal static class MakersTransform
{
    /// <summary>Bytes of [count, channels, height, width] as the input of the plan's net.</summary>
    public static Tensor Apply(NetPlan plan, Tensor bytes)
    {
        var x = bytes.to_type(ScalarType.Float32);
        x = plan.DarkInk ? 255 - x : x;
        x = x.expand(-1, plan.Channels, -1, -1);
        x = plan.Scaling.PerImage
            ? Standardize(x)
            : ((x * plan.Scaling.Scale) - Constants(plan.Scaling.Mean)) / Constants(plan.Scaling.Std);
        return plan.BlueFirst ? x.flip(1) : x;
    }

    /// <summary>tf.image.per_image_standardization: (x − mean) / max(deviation, 1 / √n) over an image.</summary>
    private static Tensor Standardize(Tensor images)
    {
        var flat = images.flatten(1);
        var mean = flat.mean([1], keepdim: true);
        var deviation = (flat - mean).square().mean([1], keepdim: true).sqrt();
        return ((flat - mean) / deviation.clamp_min(1 / Math.Sqrt(flat.shape[1]))).view(images.shape);
    }

    private static Tensor Constants(double[] values) =>
        tensor(values.Select(value => (float)value).ToArray(), [1, values.Length, 1, 1]);
}
