using static TorchSharp.torch;

namespace SoftmaxService.RecipeBenchmarks;

/// <summary>Adam (Kingma and Ba 2015), with a gain of each tensor's steps.</summary>
internal sealed class Adam(IReadOnlyList<(Tensor Values, double Gain)> parameters)
{
    private const double MeanDecay = 0.9;
    private const double SquareDecay = 0.999;
    private const double Epsilon = 1e-8;

    private readonly (Tensor Mean, Tensor Square)[] _moments =
        [.. parameters.Select(parameter => (zeros_like(parameter.Values), zeros_like(parameter.Values)))];

    private int _steps;

    /// <summary>One step along the gradients, which are then zero again.</summary>
    public void Step(double learningRate)
    {
        using var noGradient = no_grad();
        _steps++;
        var rate = learningRate / (1 - Math.Pow(MeanDecay, _steps));
        var squareCorrection = 1 - Math.Pow(SquareDecay, _steps);
        for (var i = 0; i < parameters.Count; i++)
        {
            var (values, gain) = parameters[i];
            var gradient = values.grad ?? throw new InvalidOperationException("A parameter has no gradient.");
            var (mean, square) = _moments[i];
            mean.mul_(MeanDecay).add_(gradient, 1 - MeanDecay);
            square.mul_(SquareDecay).addcmul_(gradient, gradient, 1 - SquareDecay);
            values.sub_(mean / ((square / squareCorrection).sqrt_().add_(Epsilon)) * (rate * gain));
            gradient.zero_();
        }
    }
}
