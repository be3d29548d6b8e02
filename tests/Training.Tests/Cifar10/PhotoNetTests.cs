using SoftmaxService.Training.Cifar10;
using static TorchSharp.torch;

namespace SoftmaxService.Training.Tests.Cifar10;

public sealed class PhotoNetTests
{
    [Fact]
    public void Whiten_CorrelatedImages_MakesPatchesUncorrelatedOfVarianceOne()
    {
        using var scope = NewDisposeScope();
        using var net = new PhotoNet([4]);
        random.manual_seed(5);
        var smooth = nn.functional.avg_pool2d(randn(20, 1, 18, 18), 3, 1) + (randn(20, 3, 16, 16) * 0.3);

        net.Whiten(smooth, epsilon: 0);

        var responses = nn.functional.conv2d(smooth, net.WhiteningKernel.permute(0, 3, 1, 2));
        var half = responses.narrow(1, 0, 12);
        var rows = half.permute(0, 2, 3, 1).reshape(-1, 12);
        Assert.True((rows.t().mm(rows) / rows.shape[0]).allclose(eye(12), atol: 1e-3));
        Assert.True(responses.narrow(1, 12, 12).allclose(-half));
    }

    [Fact]
    public void PhotoNet_New_PassesItsInputOnThroughTheFirstKernels()
    {
        using var scope = NewDisposeScope();
        using var net = new PhotoNet([32]);
        var kernel = net.Layers[0].Kernel.detach();

        Assert.True(kernel.narrow(0, 0, 24).select(1, 1).select(1, 1).equal(eye(24)).all().item<bool>());
        Assert.Equal(24, kernel.narrow(0, 0, 24).abs().sum().item<float>());
        Assert.True(kernel.narrow(0, 24, 8).abs().min().item<float>() > 0);
    }

    [Fact]
    public void ForwardBothWays_MirroredImage_GivesTheSameLogits()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var net = new PhotoNet([8, 8, 8]);
        random.manual_seed(6);
        var images = randn(2, 3, 32, 32);
        net.Whiten(images, 0.01);

        Assert.True(net.ForwardBothWays(images).allclose(net.ForwardBothWays(images.flip(3)), atol: 1e-6));
        Assert.False(
            net.Forward(images, ScalarType.Float32, training: false)
                .allclose(net.Forward(images.flip(3), ScalarType.Float32, training: false), atol: 1e-6));
    }

    [Fact]
    public void ForwardBothWays_Images_AveragesProbabilitiesAndEnergies()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var net = new PhotoNet([8, 8, 8]);
        random.manual_seed(6);
        net.HeadWeight.normal_(0, 3);
        var images = randn(4, 3, 32, 32);
        net.Whiten(images, 0.01);

        var (a, b) = (View(images), View(images.flip(3)));
        var both = net.ForwardBothWays(images);

        Assert.True(both.softmax(1).allclose((a.softmax(1) + b.softmax(1)) / 2, atol: 1e-5));
        Assert.True(both.logsumexp(1).allclose((a.logsumexp(1) + b.logsumexp(1)) / 2, atol: 1e-5));
        Assert.False(a.softmax(1).allclose(b.softmax(1), atol: 1e-2));

        Tensor View(Tensor view) => net.Forward(view, ScalarType.Float32, training: false) / PhotoNet.ViewTemperature;
    }
}
