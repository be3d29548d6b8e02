using System.Globalization;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace SoftmaxService.Training.Mnist;

/// <summary>One 3×3 convolution with BatchNorm and ReLU, and 2×2 max-pooling after it or not.</summary>
internal readonly record struct ConvolutionStage(int Inputs, int Outputs, int Padding, bool PoolAfter);

/// <summary>
/// Five convolutions and one linear layer. Convolutions without padding, once the ink's margin is seen, keep the cost
/// at 7.3 million multiplications an image.
/// </summary>
internal sealed class DigitNet : Module<Tensor, Tensor>
{
    public const int ImageSize = 28;
    public const int ClassCount = 10;
    public const int KernelSize = 3;

    /// <summary>Height and width of the last stage's output: 28 → pool 14 → valid 12 → pool 6 → valid 4.</summary>
    private const int LastSize = 4;

    private const double DropoutProbability = 0.3;

    public static IReadOnlyList<ConvolutionStage> Stages { get; } =
    [
        new(1, 32, Padding: 1, PoolAfter: true),
        new(32, 32, Padding: 1, PoolAfter: false),
        new(32, 48, Padding: 0, PoolAfter: true),
        new(48, 96, Padding: 1, PoolAfter: false),
        new(96, 128, Padding: 0, PoolAfter: false),
    ];

    public static string Summary { get; } = string.Create(
        CultureInfo.InvariantCulture,
        $"{string.Join(", ", Stages.Select(StageSummary))}, dropout {DropoutProbability}, linear {ClassCount}");

    private readonly Dropout _dropout = Dropout(DropoutProbability);

    public DigitNet()
        : base(nameof(DigitNet))
    {
        Convolutions = ModuleList([.. Stages.Select(stage =>
            Conv2d(stage.Inputs, stage.Outputs, KernelSize, padding: stage.Padding, bias: false))]);
        Norms = ModuleList([.. Stages.Select(stage => BatchNorm2d(stage.Outputs))]);
        Head = Linear(Stages[^1].Outputs * LastSize * LastSize, ClassCount);
        RegisterComponents();
    }

    public ModuleList<Conv2d> Convolutions { get; }

    public ModuleList<BatchNorm2d> Norms { get; }

    public Linear Head { get; }

    public override Tensor forward(Tensor input)
    {
        var x = input;
        for (var i = 0; i < Stages.Count; i++)
        {
            x = Norms[i].call(Convolutions[i].call(x)).relu_();
            if (Stages[i].PoolAfter)
            {
                x = functional.max_pool2d(x, 2);
            }
        }

        return Head.call(_dropout.call(x.flatten(1)));
    }

    private static string StageSummary(ConvolutionStage stage)
    {
        var padding = stage.Padding == 0 ? " unpadded" : "";
        var pool = stage.PoolAfter ? ", max-pool 2" : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"conv {KernelSize}x{KernelSize} {stage.Inputs} to {stage.Outputs}{padding}, BN, ReLU{pool}");
    }
}
