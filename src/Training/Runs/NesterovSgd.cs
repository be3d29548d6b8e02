using static TorchSharp.torch;

namespace SoftmaxService.Training.Runs;

/// <summary>A tensor that is trained. One that needs no gradient, now or for good, is passed over.</summary>
/// <param name="Name">For messages.</param>
/// <param name="Value">A leaf.</param>
/// <param name="WeightDecay">Added to the gradient, times the value.</param>
/// <param name="LearningRateScale">How much faster than the others it learns.</param>
internal readonly record struct TrainedParameter(
    string Name,
    Tensor Value,
    double WeightDecay,
    double LearningRateScale = 1);

/// <summary>
/// Stochastic gradient descent with Nesterov momentum. Written here because its buffers belong into a checkpoint.
/// </summary>
internal sealed class NesterovSgd(IReadOnlyList<TrainedParameter> parameters, double momentum)
{
    public IReadOnlyList<(string Name, Tensor Value)> Velocities { get; } =
        [.. parameters.Select(parameter => (parameter.Name, zeros_like(parameter.Value).DetachFromDisposeScope()))];

    public void Step(double learningRate)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        for (var i = 0; i < parameters.Count; i++)
        {
            var parameter = parameters[i];
            var weight = parameter.Value;
            if (!weight.requires_grad)
            {
                continue;
            }

            var velocity = Velocities[i].Value;
            var gradient = weight.grad ?? throw new InvalidOperationException($"{parameter.Name} has no gradient.");
            if (parameter.WeightDecay > 0)
            {
                gradient.add_(weight, alpha: parameter.WeightDecay);
            }

            var rate = learningRate * parameter.LearningRateScale;
            velocity.mul_(momentum).add_(gradient);
            weight.add_(gradient, alpha: -rate).add_(velocity, alpha: -rate * momentum);
            gradient.zero_();
        }
    }
}
