using SoftmaxService.Training.Runs;
using static TorchSharp.torch;

namespace SoftmaxService.Training.Tests.Runs;

public sealed class NesterovSgdTests
{
    private const double LearningRate = 0.05;

    [Fact]
    public void Step_WithoutDecay_IsTorchsOwn()
    {
        using var scope = NewDisposeScope();
        using var ours = Linear(seed: 3);
        using var torchs = Linear(seed: 3);
        var sgd = new NesterovSgd(
            [.. ours.named_parameters().Select(p => new TrainedParameter(p.name, p.parameter, 0))],
            momentum: 0.9);
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
    public void Step_NoGradientButDecay_ShrinksWhatDecays()
    {
        using var scope = NewDisposeScope();
        using var linear = Linear(seed: 3);
        var (weight, bias) = (linear.weight.detach().clone(), linear.bias!.detach().clone()); // made with a bias
        var sgd = new NesterovSgd([new("weight", linear.weight, 0.1), new("bias", linear.bias, 0)], momentum: 0);
        (linear.call(zeros(1, 4)) * 0).sum().backward();

        sgd.Step(LearningRate);

        Assert.True(linear.weight.allclose(weight * (1 - (0.1 * LearningRate))));
        Assert.True(linear.bias.equal(bias).all().item<bool>());
    }

    [Fact]
    public void Step_LearningRateScale_GoesSoManyTimesFurther()
    {
        using var scope = NewDisposeScope();
        var (slow, fast) = (ones(2).requires_grad_(), ones(2).requires_grad_());
        var sgd = new NesterovSgd([new("slow", slow, 0), new("fast", fast, 0, LearningRateScale: 64)], momentum: 0.9);
        (slow.sum() + fast.sum()).backward();

        sgd.Step(0.001);

        Assert.True(((1 - fast) / (1 - slow)).allclose(full(2, 64.0f), rtol: 1e-3));
    }

    [Fact]
    public void Step_FrozenAfterAStep_IsLeftAsItIs()
    {
        using var scope = NewDisposeScope();
        var weight = ones(2).requires_grad_();
        var sgd = new NesterovSgd([new("weight", weight, 0.1)], momentum: 0.9);
        weight.sum().backward();
        sgd.Step(LearningRate);
        var before = weight.detach().clone();
        weight.requires_grad = false;

        sgd.Step(LearningRate);

        Assert.True(weight.equal(before).all().item<bool>());
    }

    private static TorchSharp.Modules.Linear Linear(long seed)
    {
        random.manual_seed(seed);
        return nn.Linear(4, 3);
    }
}
