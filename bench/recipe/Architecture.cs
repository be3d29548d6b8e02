namespace SoftmaxService.RecipeBenchmarks;

/// <summary>One step of a net. Each but <see cref="Pool"/> and the last ends with a ReLU.</summary>
internal abstract record Layer;

/// <summary>A square convolution, padded by half of its kernel, with BatchNorm or a bias.</summary>
internal sealed record Convolution(int Outputs, int Kernel, int Stride = 1, bool Norm = false) : Layer;

/// <summary>The maximum of 2 × 2 pixels.</summary>
internal sealed record Pool : Layer;

/// <summary>A linear layer over all that came before.</summary>
internal sealed record Dense(int Outputs) : Layer;

internal sealed record Architecture(string Name, double Epochs, params Layer[] Layers)
{
    private const int ClassCount = 10;

    public static IReadOnlyList<Architecture> ForDigits { get; } =
    [
        new("mlp", 4, new Dense(128), new Dense(ClassCount)),
        new(
            "conv",
            1.5,
            new Convolution(12, 5, Stride: 2),
            new Convolution(24, 5, Stride: 2),
            new Dense(64),
            new Dense(ClassCount)),
        new(
            "norm",
            1,
            new Convolution(16, 3, Stride: 2, Norm: true),
            new Convolution(24, 3, Stride: 2, Norm: true),
            new Dense(ClassCount)),
    ];

    public static IReadOnlyList<Architecture> ForPhotographs { get; } =
    [
        new(
            "shallow",
            2,
            new Convolution(16, 5, Stride: 2),
            new Pool(),
            new Convolution(32, 3),
            new Pool(),
            new Dense(64),
            new Dense(ClassCount)),
        new(
            "conv",
            2,
            new Convolution(16, 5, Stride: 2),
            new Convolution(32, 3, Stride: 2),
            new Convolution(48, 3, Stride: 2),
            new Dense(ClassCount)),
        new(
            "norm",
            1.5,
            new Convolution(16, 5, Stride: 2, Norm: true),
            new Pool(),
            new Convolution(32, 3, Norm: true),
            new Pool(),
            new Convolution(64, 3, Norm: true),
            new Dense(ClassCount)),
    ];
}
