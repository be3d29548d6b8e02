using SkiaSharp;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Inference.Tests.Imaging;

public sealed class ImagePreprocessorTests
{
    [Fact]
    public void Constructor_ContradictoryInput_IsRejected()
    {
        var good = PlainPixels.Photograph(4, 4);

        Assert.Throws<ArgumentException>(() => new ImagePreprocessor(good with { Channels = 1 }));
        Assert.Throws<ArgumentException>(() => new ImagePreprocessor(good with { Color = PixelColor.Gray }));
        Assert.Throws<ArgumentException>(() => new ImagePreprocessor(good with { Mean = [0f] }));
        Assert.Throws<ArgumentException>(() => new ImagePreprocessor(good with { Std = [1f, 0f, 1f] }));
        Assert.Throws<ArgumentException>(() => new ImagePreprocessor(good with { Std = [1f, float.NaN, 1f] }));
        Assert.Throws<ArgumentException>(() => new ImagePreprocessor(good with { Width = 0 }));
        Assert.Throws<ArgumentException>(() => new ImagePreprocessor(good with { Scale = float.PositiveInfinity }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ImagePreprocessor(good, maxPixels: 0));
    }

    [Fact]
    public void Preprocess_TensorTooShort_IsAnArgumentException()
    {
        var preprocessor = new ImagePreprocessor(PlainPixels.Photograph(4, 4));

        Assert.Throws<ArgumentException>(() =>
            preprocessor.Preprocess(EncodedImages.Encode(4, 4, EncodedImages.Colorful), new float[47]));
    }

    [Theory]
    [InlineData(Foreground.None)]
    [InlineData(Foreground.Light)]
    public void Preprocess_LongerTensor_LeavesTheRestAlone(Foreground foreground)
    {
        var input = PlainPixels.Digit() with { Foreground = foreground };
        var tensor = new float[input.ElementCount + 3];
        tensor.AsSpan().Fill(-7);

        new ImagePreprocessor(input).Preprocess(EncodedImages.Encode(50, 60, EncodedImages.Colorful), tensor);

        Assert.DoesNotContain(-7, tensor[..input.ElementCount]);
        Assert.Equal([-7, -7, -7], tensor[input.ElementCount..]);
    }

    [Fact]
    public void Preprocess_EveryLayout_HoldsTheSamePixels()
    {
        const int Width = 5, Height = 3;
        var file = EncodedImages.Encode(Width, Height, EncodedImages.Colorful);

        var last = PlainPixels.Run(PlainPixels.Photograph(Width, Height, layout: TensorLayout.ChannelsLast), file);
        var first = PlainPixels.Run(
            PlainPixels.Photograph(Width, Height, layout: TensorLayout.ChannelsFirst), file);
        var flat = PlainPixels.Run(PlainPixels.Photograph(Width, Height, layout: TensorLayout.Flat), file);
        var bgr = PlainPixels.Run(PlainPixels.Photograph(Width, Height, PixelColor.Bgr), file);

        Assert.Equal(first, flat);
        for (var i = 0; i < Width * Height; i++)
        {
            var color = EncodedImages.Colorful(i % Width, i / Width);
            Assert.Equal([color.Red, color.Green, color.Blue], last[(3 * i)..((3 * i) + 3)]);
            Assert.Equal([color.Blue, color.Green, color.Red], bgr[(3 * i)..((3 * i) + 3)]);
            Assert.Equal(
                [color.Red, color.Green, color.Blue],
                [first[i], first[i + (Width * Height)], first[i + (2 * Width * Height)]]);
        }
    }

    [Fact]
    public void Preprocess_GrayModel_SeesTheLumaOfPillow()
    {
        var file = EncodedImages.Encode(3, 1, (x, _) => new[] { SKColors.Red, SKColors.Lime, SKColors.Blue }[x]);

        var tensor = PlainPixels.Run(PlainPixels.Photograph(3, 1, PixelColor.Gray), file);

        Assert.Equal([76, 150, 29], tensor);
    }

    [Fact]
    public void Preprocess_GrayModelOfAnotherSize_SeesLumaThatWasRoundedBeforeTheResize()
    {
        // Pairs of pixels whose lumas round down: their mean is that of the bytes, as after Pillow's convert("L").
        var file = EncodedImages.Encode(4, 2, (_, _) => SKColors.Red);

        var tensor = PlainPixels.Run(PlainPixels.Photograph(2, 1, PixelColor.Gray), file);

        Assert.All(tensor, value => Assert.Equal(76, value, 1e-3f));
    }

    [Fact]
    public void Preprocess_GrayFileForAColorModel_FillsAllChannels()
    {
        var file = EncodedImages.Png(2, 1, 8, 0, [10, 200]);

        Assert.Equal([10, 10, 10, 200, 200, 200], PlainPixels.Run(PlainPixels.Photograph(2, 1), file));
        Assert.Equal(
            [10, 200, 10, 200, 10, 200],
            PlainPixels.Run(PlainPixels.Photograph(2, 1, layout: TensorLayout.ChannelsFirst), file));
    }

    [Fact]
    public void Preprocess_ScaleMeanAndStd_AreAppliedChannelByChannel()
    {
        var input = PlainPixels.Photograph(1, 1) with
        {
            Scale = 1 / 255f,
            Mean = [0.485f, 0.456f, 0.406f],
            Std = [0.229f, 0.224f, 0.225f],
        };

        var tensor = PlainPixels.Run(input, EncodedImages.Encode(1, 1, (_, _) => new SKColor(250, 100, 3)));

        Assert.Equal(((250 / 255f) - 0.485f) / 0.229f, tensor[0], 1e-5f);
        Assert.Equal(((100 / 255f) - 0.456f) / 0.224f, tensor[1], 1e-5f);
        Assert.Equal(((3 / 255f) - 0.406f) / 0.225f, tensor[2], 1e-5f);
    }

    [Fact]
    public void Preprocess_Standardize_GivesEachImageMean0AndDeviation1()
    {
        var input = PlainPixels.Photograph(2, 1) with { Standardize = true };
        var pixels = new double[] { 10, 20, 30, 40, 50, 250 };
        var deviation = Math.Sqrt(pixels.Average(pixel => Math.Pow(pixel - pixels.Average(), 2)));

        var tensor = PlainPixels.Run(input, EncodedImages.Encode(2, 1, (x, _) =>
            x == 0 ? new SKColor(10, 20, 30) : new SKColor(40, 50, 250)));
        var plain = PlainPixels.Run(input, EncodedImages.Encode(2, 1, (_, _) => new SKColor(7, 7, 7)));

        var expected = pixels.Select(pixel => (pixel - pixels.Average()) / deviation).ToArray();
        Assert.Equal(
            expected,
            tensor.Select(element => (double)element).Order(),
            (one, other) => Math.Abs(one - other) < 1e-5);
        Assert.All(plain, element => Assert.Equal(0f, element));
    }

    [Fact]
    public void Preprocess_ManyThreads_AgreeWithOne()
    {
        var photographs = new ImagePreprocessor(PlainPixels.Photograph(64, 48, resize: ResizeMode.Crop));
        var digits = new ImagePreprocessor(PlainPixels.Digit());
        byte[][] files =
        [
            .. Enumerable.Range(1, 16).Select(i => EncodedImages.Encode(
                30 * i, 500 - (20 * i), (x, y) => EncodedImages.Colorful(x * i, y), SKEncodedImageFormat.Jpeg, 80)),
        ];
        var expected = files.Select(Both).ToArray();

        Parallel.For(
            0, 10 * files.Length, i => Assert.Equal(expected[i % files.Length], Both(files[i % files.Length])));

        float[] Both(byte[] file)
        {
            var photograph = new float[photographs.Input.ElementCount];
            var digit = new float[digits.Input.ElementCount];
            photographs.Preprocess(file, photograph);
            digits.Preprocess(file, digit);
            return [.. photograph, .. digit];
        }
    }
}
