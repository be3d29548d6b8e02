using Microsoft.ML.OnnxRuntime;
using SoftmaxService.Training.Mnist;
using static TorchSharp.torch;

namespace SoftmaxService.Training.Tests.Mnist;

public sealed class DigitNetExportTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(32)]
    public void ToOnnx_RandomInput_GivesTorchSharpsLogits(int count)
    {
        using var scope = NewDisposeScope();
        AssertSameLogits(randn(count, 1, DigitNet.ImageSize, DigitNet.ImageSize));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(32)]
    public void ToOnnx_DrawnInput_GivesTorchSharpsLogits(int count)
    {
        using var scope = NewDisposeScope();
        var pixels = tensor(Drawings.RingsAndBars(count).Pixels)
            .view(count, 1, DigitNet.ImageSize, DigitNet.ImageSize)
            .to_type(ScalarType.Float32);
        AssertSameLogits(((pixels * MnistRecipe.PixelScale) - MnistRecipe.Mean) / MnistRecipe.Std);
    }

    [Fact]
    public void ToOnnx_Model_SaysWhatItTakesAndGives()
    {
        using var net = NetWithLivelyNorms();
        var bytes = DigitNetExport.ToOnnx(net);
        var model = Onnx.ModelProto.Parser.ParseFrom(bytes);
        using var session = new InferenceSession(bytes);

        Assert.Equal(DigitNetExport.Opset, Assert.Single(model.OpsetImport).Version);
        Assert.DoesNotContain(model.Graph.Node, node => node.OpType == "BatchNormalization");
        var (inputName, input) = Assert.Single(session.InputMetadata);
        var (outputName, output) = Assert.Single(session.OutputMetadata);
        Assert.Equal(("image", "logits"), (inputName, outputName));
        Assert.Equal([-1, 1, 28, 28], input.Dimensions);
        Assert.Equal([-1, 10], output.Dimensions);
        Assert.Equal("batch", input.SymbolicDimensions[0]);
    }

    private static void AssertSameLogits(Tensor input)
    {
        using var net = NetWithLivelyNorms();
        using var noGradient = no_grad();
        var expected = net.call(input).data<float>().ToArray();

        OnnxLogits.AssertSame(expected, OnnxLogits.Of(DigitNetExport.ToOnnx(net), input));
    }

    /// <summary>Untrained norms have no effect; these scale, some by a negative factor, and shift.</summary>
    private static DigitNet NetWithLivelyNorms()
    {
        random.manual_seed(11);
        using var noGradient = no_grad();
        var net = new DigitNet();
        net.eval();
        foreach (var norm in net.Norms)
        {
            norm.weight!.normal_(0.5, 0.7); // BatchNorm2d has weight, bias and statistics by default
            norm.bias!.normal_(0, 0.3);
            norm.running_mean!.normal_(0, 0.3);
            norm.running_var!.uniform_(0.3, 2);
        }

        return net;
    }
}
