using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace SoftmaxService.RecipeBenchmarks;

/// <summary>A net with its weights. Nothing here draws from libtorch's own generator, which threads share.</summary>
internal sealed class Net : IDisposable
{
    public const double NormEpsilon = 1e-5;

    private const double NormMomentum = 0.1;

    /// <summary>About the deviation of pixels from 0 to 255.</summary>
    private const double WideDeviation = 64;

    private readonly List<LayerWeights> _layers = [];

    public Net(NetPlan plan)
    {
        Plan = plan;
        var random = new Random(plan.Seed);
        var (channels, side) = (plan.Channels, plan.Side);
        var isFlat = false;
        foreach (var layer in plan.Architecture.Layers)
        {
            // Wide numbers are met with small weights and small steps.
            var gain = _layers.Count == 0 && plan.Scaling.IsWide ? 1 / WideDeviation : 1;
            switch (layer)
            {
                case Convolution convolution:
                    _layers.Add(new LayerWeights(
                        convolution,
                        Initial(random, gain, convolution.Outputs, channels, convolution.Kernel, convolution.Kernel),
                        Parameter(zeros(convolution.Outputs)),
                        gain));
                    (channels, side) = (convolution.Outputs, side / convolution.Stride);
                    break;
                case Pool:
                    _layers.Add(new LayerWeights(layer, null, null, 1));
                    side /= 2;
                    break;
                case Dense dense:
                    var inputs = isFlat ? channels : channels * side * side;
                    _layers.Add(new LayerWeights(
                        dense,
                        Initial(random, gain, dense.Outputs, inputs),
                        Parameter(zeros(dense.Outputs)),
                        gain));
                    (channels, isFlat) = (dense.Outputs, true);
                    break;
                default:
                    throw new InvalidOperationException($"A net has no layers of {layer.GetType()}.");
            }
        }
    }

    public NetPlan Plan { get; }

    public IReadOnlyList<LayerWeights> Layers => _layers;

    public Tensor Logits(Tensor images, bool isTraining)
    {
        var x = images;
        for (var i = 0; i < _layers.Count; i++)
        {
            var (layer, weight, bias) = (_layers[i].Layer, _layers[i].Weight, _layers[i].Bias);
            x = layer switch
            {
                Convolution { Norm: true } convolution => batch_norm(
                    Convolve(x, convolution, weight!),
                    _layers[i].RunningMean,
                    _layers[i].RunningVariance,
                    _layers[i].NormScale,
                    bias,
                    isTraining,
                    NormMomentum,
                    NormEpsilon),
                Convolution convolution => Convolve(x, convolution, weight!, bias),
                Pool => max_pool2d(x, 2),
                _ => linear(x.flatten(1), weight!, bias),
            };
            if (layer is not Pool && i < _layers.Count - 1)
            {
                x = relu(x);
            }
        }

        return x;
    }

    public void Dispose()
    {
        foreach (var layer in _layers)
        {
            layer.Dispose();
        }
    }

    private static Tensor Convolve(Tensor x, Convolution convolution, Tensor weight, Tensor? bias = null) =>
        conv2d(
            x,
            weight,
            bias,
            strides: [convolution.Stride, convolution.Stride],
            padding: [convolution.Kernel / 2, convolution.Kernel / 2]);

    /// <summary>He's uniform initialisation (He et al. 2015), times a gain.</summary>
    private static Tensor Initial(Random random, double gain, params long[] shape)
    {
        var values = new float[shape.Aggregate(1L, (product, size) => product * size)];
        var limit = gain * Math.Sqrt(6.0 * shape[0] / values.Length);
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (float)(limit * ((2 * random.NextDouble()) - 1));
        }

        return Parameter(tensor(values, shape));
    }

    private static Tensor Parameter(Tensor tensor) => tensor.requires_grad_();
}

/// <summary>
/// A layer with what it has learnt; a pool has no weights. The <paramref name="Gain"/> is the size of its initial
/// weights, and of its steps, in relation to the usual one.
/// </summary>
internal sealed record LayerWeights(Layer Layer, Tensor? Weight, Tensor? Bias, double Gain) : IDisposable
{
    public Tensor? NormScale { get; } =
        Layer is Convolution { Norm: true } convolution ? ones(convolution.Outputs).requires_grad_() : null;

    public Tensor? RunningMean { get; } =
        Layer is Convolution { Norm: true } convolution ? zeros(convolution.Outputs) : null;

    public Tensor? RunningVariance { get; } =
        Layer is Convolution { Norm: true } convolution ? ones(convolution.Outputs) : null;

    /// <summary>All that is trained, with the gain of its steps.</summary>
    public IEnumerable<(Tensor Values, double Gain)> Parameters =>
        new (Tensor? Values, double Gain)[] { (Weight, Gain), (Bias, 1), (NormScale, 1) }
            .Where(parameter => parameter.Values is not null)
            .Select(parameter => (parameter.Values!, parameter.Gain));

    public void Dispose()
    {
        foreach (var tensor in new[] { Weight, Bias, NormScale, RunningMean, RunningVariance })
        {
            tensor?.Dispose();
        }
    }
}
