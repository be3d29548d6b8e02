using SoftmaxService.Training.Mnist;
using static TorchSharp.torch;

namespace SoftmaxService.Training.Tests.Mnist;

public sealed class NesterovSgdTests
{
    private const double LearningRate = 0.05;

    [Fact]
    public void Step_WithoutDecay_IsTorchsOwn()
    {
        using var scope = NewDisposeScope();
        using var ours = Linear(seed: 3);
        using var torchs = Linear(seed: 3);
        var sgd = new NesterovSgd([.. ours.named_parameters().Select(p => (p.name, p.parameter))], momentum: 0.9, weightDecay: 0);
        using var torchSgd = optim.SGD(torchs.parameters(), LearningRate, momentum: 0.9, nesterov: true);
        var input = randn(16, 4);

        for (var step = 0; step < 5; step++)
        {
            ours.call(input).square().mean().backward();
            sgd.Step(LearningRate);
            torchSgd.zero_grad();
            torchs.call(input).square().mean().backward();
            torchSgd.step();
        }

        Assert.True(ours.weight.allclose(torchs.weight, atol: 1e-6));
    }

    [Fact]
    public void Step_NoGradientButDecay_ShrinksWeightsAndNotBiases()
    {
        using var scope = NewDisposeScope();
        using var linear = Linear(seed: 3);
        var (weight, bias) = (linear.weight.detach().clone(), linear.bias!.detach().clone()); // made with a bias
        var sgd = new NesterovSgd([.. linear.named_parameters().Select(p => (p.name, p.parameter))], momentum: 0, weightDecay: 0.1);
        (linear.call(zeros(1, 4)) * 0).sum().backward();

        sgd.Step(LearningRate);

        Assert.True(linear.weight.allclose(weight * (1 - (0.1 * LearningRate))));
        Assert.True(linear.bias.equal(bias).all().item<bool>());
    }

    private static TorchSharp.Modules.Linear Linear(long seed)
    {
        random.manual_seed(seed);
        return nn.Linear(4, 3);
    }
}
