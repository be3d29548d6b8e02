using System.Globalization;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace SoftmaxService.Training.Cifar10;

/// <summary>A 3×3 convolution without bias, then BatchNorm whose scale is always 1.</summary>
/// <param name="Kernel"><c>[outputs, height, width, inputs]</c>.</param>
/// <param name="Bias">The norm's.</param>
/// <param name="Mean">The norm's running mean.</param>
/// <param name="Variance">The norm's running variance.</param>
/// <param name="PoolBetween">Whether 2×2 max-pooling comes before the norm.</param>
internal sealed record ConvolutionWithNorm(
    Parameter Kernel,
    Parameter Bias,
    Tensor Mean,
    Tensor Variance,
    bool PoolBetween);

/// <summary>
/// The net of airbench94: a 2×2 convolution that whitens patches, three blocks of two convolutions, one linear layer.
/// Kernels lie in memory as images do, channels next to each other.
/// </summary>
internal sealed class PhotoNet : IDisposable
{
    public const int ImageSize = 32;
    public const int Channels = 3;
    public const int ClassCount = 10;
    public const int KernelSize = 3;
    public const int WhiteningSize = 2;
    public const double HeadScale = 1.0 / 9;
    public const double NormEpsilon = 1e-12;

    /// <summary>
    /// What the logits of both views are divided by before their probabilities are averaged: of 0.5, 0.6, … 1.5 the one
    /// with the smallest calibration error on the images kept for calibration.
    /// </summary>
    public const double ViewTemperature = 0.8;

    /// <summary>Side of what is left after the three blocks: 32 → whitening 31 → 15 → 7 → 3.</summary>
    public const int LastSize = 3;

    /// <summary>Every eigenvector and its negative.</summary>
    public const int WhiteningWidth = 2 * Channels * WhiteningSize * WhiteningSize;

    private const double NormMomentum = 0.4;

    public PhotoNet(IReadOnlyList<int> widths)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        WhiteningKernel = zeros(WhiteningWidth, WhiteningSize, WhiteningSize, Channels).DetachFromDisposeScope();
        WhiteningBias = Leaf(zeros(WhiteningWidth));
        var layers = new List<ConvolutionWithNorm>();
        var inputs = WhiteningWidth;
        foreach (var width in widths)
        {
            layers.Add(NewLayer(inputs, width, poolBetween: true));
            layers.Add(NewLayer(width, width, poolBetween: false));
            inputs = width;
        }

        Layers = layers;
        using var head = Linear(inputs, ClassCount, hasBias: false);
        HeadWeight = Leaf(head.weight.detach().clone());
    }

    public static IReadOnlyList<int> DefaultWidths { get; } = [64, 256, 256];

    public static string Summary { get; } = string.Create(
        CultureInfo.InvariantCulture,
        $"whitening conv {WhiteningSize}x{WhiteningSize} {Channels} to {WhiteningWidth}, GELU, "
            + $"{string.Join(", ", DefaultWidths.Select(BlockSummary))}, max-pool {LastSize}, linear {ClassCount} x "
            + $"1/9; as written, the logarithm of the mean of both probabilities that it gives the image and its "
            + $"mirror image at temperature {ViewTemperature}");

    public Tensor WhiteningKernel { get; }

    public Parameter WhiteningBias { get; }

    public IReadOnlyList<ConvolutionWithNorm> Layers { get; }

    public Parameter HeadWeight { get; }

    /// <summary>All that training changes, in a fixed order.</summary>
    public IReadOnlyList<Tensor> State =>
        [
            WhiteningKernel,
            WhiteningBias,
            .. Layers.SelectMany(layer => new[] { layer.Kernel, layer.Bias, layer.Mean, layer.Variance }),
            HeadWeight,
        ];

    /// <summary>Sets the first convolution to what makes patches of these images white.</summary>
    public void Whiten(Tensor images, double epsilon)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var size = images.shape[2] - WhiteningSize + 1;
        var shifted = from y in Enumerable.Range(0, WhiteningSize)
                      from x in Enumerable.Range(0, WhiteningSize)
                      select images.narrow(2, y, size).narrow(3, x, size);
        var patches = stack(shifted, 1).permute(0, 3, 4, 1, 2).reshape(-1, WhiteningSize * WhiteningSize * Channels);
        var (eigenvalues, eigenvectors) = linalg.eigh(patches.t().mm(patches) / patches.shape[0]);
        var scaled = (eigenvectors / (eigenvalues + epsilon).sqrt())
            .t()
            .view(-1, WhiteningSize, WhiteningSize, Channels);
        WhiteningKernel.copy_(cat([scaled, -scaled]));
    }

    /// <param name="images"><c>[batch, 3, height, width]</c>.</param>
    /// <param name="type">What convolutions and norms compute with; sums and the last layer are float32.</param>
    /// <param name="training">Whether norms use the batch's statistics, and note them.</param>
    public Tensor Forward(Tensor images, ScalarType type, bool training)
    {
        var x = functional.conv2d(images.to_type(type), AsPlanes(WhiteningKernel, type), WhiteningBias.to_type(type));
        x = functional.gelu(x);
        foreach (var layer in Layers)
        {
            x = functional.conv2d(x, AsPlanes(layer.Kernel, type), padding: [KernelSize / 2, KernelSize / 2]);
            x = layer.PoolBetween ? functional.max_pool2d(x, 2) : x;
            x = functional.batch_norm(
                x,
                layer.Mean,
                layer.Variance,
                ones_like(layer.Bias),
                layer.Bias,
                training,
                NormMomentum,
                NormEpsilon);
            x = functional.gelu(x);
        }

        x = functional.max_pool2d(x, LastSize).flatten(1).to_type(ScalarType.Float32);
        return functional.linear(x, HeadWeight) * HeadScale;
    }

    /// <summary>
    /// As it is served: log(½ softmax(a) + ½ softmax(b)) + ½ (logsumexp a + logsumexp b), where a and b are the logits
    /// of the image and of its mirror image over <see cref="ViewTemperature"/>. The first part makes the softmax of the
    /// result the mean of both probabilities (a mixture, as in Lakshminarayanan et al. 2017, equation 2); the second
    /// changes no probability and keeps the energy, which the first alone would lose.
    /// </summary>
    public Tensor ForwardBothWays(Tensor images)
    {
        var views =
            stack([
                Forward(images, ScalarType.Float32, training: false),
                Forward(images.flip(3), ScalarType.Float32, training: false),
            ]) / ViewTemperature;
        var total = views.logsumexp(-1, keepdim: true);
        return (views - total).logsumexp(0) + total.mean([0]) - Math.Log(2);
    }

    public void Dispose()
    {
        foreach (var tensor in State)
        {
            tensor.Dispose();
        }
    }

    // A view with the axes in the usual order; casting keeps how it lies in memory.
    private static Tensor AsPlanes(Tensor kernel, ScalarType type) => kernel.permute(0, 3, 1, 2).to_type(type);

    private static string BlockSummary(int width) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"[conv {KernelSize}x{KernelSize} to {width}, max-pool 2, BN, GELU, "
                + $"conv {KernelSize}x{KernelSize} {width}, BN, GELU]");

    /// <summary>The first kernels pass their input on, the others are random.</summary>
    private static ConvolutionWithNorm NewLayer(int inputs, int outputs, bool poolBetween)
    {
        using var convolution = Conv2d(inputs, outputs, KernelSize, bias: false);
        init.dirac_(convolution.weight.narrow(0, 0, Math.Min(inputs, outputs)));
        return new ConvolutionWithNorm(
            Leaf(convolution.weight.detach().permute(0, 2, 3, 1).contiguous()),
            Leaf(zeros(outputs)),
            zeros(outputs).DetachFromDisposeScope(),
            ones(outputs).DetachFromDisposeScope(),
            poolBetween);
    }

    private static Parameter Leaf(Tensor value)
    {
        var leaf = new Parameter(value, requires_grad: true);
        leaf.DetachFromDisposeScope();
        return leaf;
    }
}
