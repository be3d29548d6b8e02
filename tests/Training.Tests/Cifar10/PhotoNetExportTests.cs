using Microsoft.ML.OnnxRuntime;
using SoftmaxService.Training.Cifar10;
using static TorchSharp.torch;

namespace SoftmaxService.Training.Tests.Cifar10;

public sealed class PhotoNetExportTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public void ToOnnx_RandomInput_GivesTorchSharpsLogits(int count)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var net = LivelyNet();
        var input = randn(count, 3, 32, 32);

        OnnxLogits.AssertSame(
            net.ForwardBothWays(input).data<float>().ToArray(),
            OnnxLogits.Of(PhotoNetExport.ToOnnx(net), input));
    }

    [Fact]
    public void ToOnnx_Model_SaysWhatItTakesAndGives()
    {
        using var net = LivelyNet();
        var bytes = PhotoNetExport.ToOnnx(net);
        var model = Onnx.ModelProto.Parser.ParseFrom(bytes);
        using var session = new InferenceSession(bytes);

        Assert.Equal((PhotoNetExport.Opset, 9), (Assert.Single(model.OpsetImport).Version, model.IrVersion));
        var (inputName, input) = Assert.Single(session.InputMetadata);
        var (outputName, output) = Assert.Single(session.OutputMetadata);
        Assert.Equal(("image", "logits"), (inputName, outputName));
        Assert.Equal([-1, 3, 32, 32], input.Dimensions);
        Assert.Equal([-1, 10], output.Dimensions);
        Assert.Equal(("batch", "batch"), (input.SymbolicDimensions[0], output.SymbolicDimensions[0]));
    }

    /// <summary>The norms of an untrained net have no effect, and its logits are small.</summary>
    private static PhotoNet LivelyNet()
    {
        random.manual_seed(11);
        using var noGradient = no_grad();
        var net = new PhotoNet([8, 12, 16]);
        net.WhiteningKernel.normal_(0, 0.3);
        net.WhiteningBias.normal_(0, 0.3);
        net.HeadWeight.normal_(0, 2);
        foreach (var layer in net.Layers)
        {
            layer.Bias.normal_(0, 0.3);
            layer.Mean.normal_(0, 0.3);
            layer.Variance.uniform_(0.3, 2);
        }

        return net;
    }
}
