using SoftmaxService.Training.Mnist;
using SoftmaxService.Training.Runs;

namespace SoftmaxService.Training.Tests.Runs;

public sealed class OnnxMeasurementTests
{
    [Fact]
    public void Of_WrittenNet_HasTheLogitsOfTheNet()
    {
        using var folder = new TemporaryFolder();
        var images = Drawings.RingsAndBars(20);
        using var trainer = new MnistTrainer(images, images.Slice(0..0), epochs: 1, seed: 1, folder.PathOf("run.bin"));
        trainer.Run(_ => { });

        var measured = OnnxMeasurement.Of(
            DigitNetExport.ToOnnx(trainer.Net),
            images,
            MnistRecipe.PixelScale,
            [MnistRecipe.Mean],
            [MnistRecipe.Std]);

        var logits = trainer.Logits(images);
        Assert.InRange(measured.LargestDifference(logits), 0, 1e-4);
        Assert.Equal((images.CountRight(logits), 20), (measured.Right, measured.Total));
        Assert.True(measured.MedianMicroseconds > 0);
    }

    [Fact]
    public void LargestDifference_NotANumber_IsNotANumber()
    {
        var measured = new OnnxMeasurement(0, 1, [1, float.NaN, 2], 1);

        Assert.True(double.IsNaN(measured.LargestDifference([1, 1, 1])));
    }

    [Theory]
    [InlineData(1.5f)]
    [InlineData(float.NaN)]
    public void RequireLogits_AnotherLogit_SaysThatNothingWasWritten(float logit)
    {
        var measured = new OnnxMeasurement(0, 1, [1, logit], 1);

        var problem = Assert.Throws<InvalidOperationException>(() => measured.RequireLogits([1, 1], 0.1));

        Assert.EndsWith("nothing was written.", problem.Message, StringComparison.Ordinal);
    }
}
