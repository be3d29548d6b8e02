using TorchSharp.Modules;
using static TorchSharp.torch;

namespace SoftmaxService.Training.Mnist;

/// <summary>
/// Stochastic gradient descent with Nesterov momentum. Weights decay; BatchNorm's parameters and biases, all of one dimension, do not.
/// Written here because its buffers belong into a checkpoint.
/// </summary>
internal sealed class NesterovSgd(IReadOnlyList<(string Name, Parameter Value)> parameters, double momentum, double weightDecay)
{
    public IReadOnlyList<(string Name, Tensor Value)> Velocities { get; } =
        [.. parameters.Select(parameter => (parameter.Name, zeros_like(parameter.Value).DetachFromDisposeScope()))];

    public void Step(double learningRate)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        for (var i = 0; i < parameters.Count; i++)
        {
            var weight = parameters[i].Value;
            var velocity = Velocities[i].Value;
            var gradient = weight.grad ?? throw new InvalidOperationException($"{parameters[i].Name} has no gradient.");
            if (weight.dim() > 1)
            {
                gradient.add_(weight, alpha: weightDecay);
            }

            velocity.mul_(momentum).add_(gradient);
            weight.add_(gradient, alpha: -learningRate).add_(velocity, alpha: -learningRate * momentum);
            gradient.zero_();
        }
    }
}
