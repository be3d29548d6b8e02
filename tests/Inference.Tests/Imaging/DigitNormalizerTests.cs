using SkiaSharp;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Inference.Tests.Imaging;

/// <summary>Brings what is drawn into the form of MNIST's digits, whatever the model's input is.</summary>
public sealed class DigitNormalizerTests
{
    private const int Side = MnistForm.Side;

    [Fact]
    public void Preprocess_MnistForm_PassesUnchangedInEveryDisguise()
    {
        var digit = MnistLike();

        Assert.Equal(digit, PlainPixels.RunDigit(Encode(digit)));
        Assert.Equal(
            digit,
            PlainPixels.Run(
                PlainPixels.Digit(),
                EncodedImages.Png(Side, Side, 8, 0, Array.ConvertAll(digit, value => (byte)value))));
        Assert.Equal(
            digit, PlainPixels.RunDigit(Encode(digit, value => new SKColor(0, 0, 0, value))));
        Assert.Equal(
            digit, PlainPixels.RunDigit(Encode(digit, value => new SKColor(255, 255, 255, value))));
        Assert.Equal(
            digit,
            PlainPixels.Run(
                PlainPixels.Digit(),
                Encode(digit, value => new SKColor((byte)(255 - value), (byte)(255 - value), (byte)(255 - value)))));
    }

    [Fact]
    public void Preprocess_ModelOfDarkInk_GetsTheOppositeOfALightOne()
    {
        var digit = MnistLike();
        var opposite = Array.ConvertAll(digit, value => 255 - value);

        Assert.Equal(opposite, PlainPixels.Run(PlainPixels.Digit(foreground: Foreground.Dark), Encode(digit)));
        Assert.Equal(opposite, PlainPixels.Run(PlainPixels.Digit(foreground: Foreground.Dark), Encode(opposite)));
        Assert.Equal(
            Array.ConvertAll(PlainPixels.RunDigit(DrawnFour.Encode()), value => 255 - value),
            PlainPixels.Run(PlainPixels.Digit(foreground: Foreground.Dark), DrawnFour.Encode()));
    }

    [Fact]
    public void Preprocess_MnistFormTenTimesLarger_IsFoundAgain()
    {
        var digit = PlainPixels.Rounded(PlainPixels.RunDigit(DrawnFour.Encode()));
        var large = EncodedImages.Encode(280, 280, (x, y) =>
        {
            var value = (byte)digit[(y / 10 * Side) + (x / 10)];
            return new SKColor(value, value, value);
        });

        MnistForm.AssertSame(digit, PlainPixels.RunDigit(large), mean: 0.5);
    }

    [Fact]
    public void Preprocess_FaintRim_BelongsToTheBox()
    {
        // A bar of 190 rows, the first ten of them faint. A pixel of the model covers 9.5 rows.
        var file = EncodedImages.Encode(280, 280, (x, y) =>
        {
            var isBar = x is >= 120 and < 160 && y is >= 40 and < 230;
            var value = (byte)(!isBar ? 0 : y < 50 ? 40 : 255);
            return new SKColor(value, value, value);
        });

        var tensor = PlainPixels.RunDigit(file);

        var firstRow = Array.FindIndex(tensor, value => value > 8) / Side;
        Assert.Equal(40, tensor.AsSpan(firstRow * Side, Side).ToArray().Max(), 2f);
        MnistForm.AssertIs(tensor, Side);
    }

    [Theory]
    [InlineData(-4, 0)]
    [InlineData(4, 4)]
    [InlineData(3, -2)]
    public void Preprocess_RightSizeOffCentre_IsCentred(int dx, int dy)
    {
        var digit = MnistLike();
        var shifted = new float[digit.Length];
        for (var i = 0; i < digit.Length; i++)
        {
            var (x, y) = ((i % Side) + dx, (i / Side) + dy);
            if (x is >= 0 and < Side && y is >= 0 and < Side)
            {
                shifted[(y * Side) + x] = digit[i];
            }
        }

        MnistForm.AssertSame(digit, PlainPixels.RunDigit(Encode(shifted)), mean: 2);
    }

    [Theory]
    [InlineData(28)]
    [InlineData(32)]
    [InlineData(64)]
    [InlineData(20)]
    public void Preprocess_ModelOfAnySize_GetsTheSameProportions(int side)
    {
        MnistForm.AssertIs(PlainPixels.Run(PlainPixels.Digit(side), DrawnFour.Encode()), side);
    }

    [Fact]
    public void Preprocess_ModelWiderThanHigh_GetsTheDigitInTheMiddle()
    {
        var input = PlainPixels.Digit() with { Width = 56 };

        var tensor = PlainPixels.Run(input, DrawnFour.Encode());

        var square = PlainPixels.RunDigit(DrawnFour.Encode());
        for (var y = 0; y < Side; y++)
        {
            Assert.Equal(square[(y * Side)..((y + 1) * Side)], tensor[((y * 56) + 14)..((y * 56) + 42)]);
        }
    }

    [Fact]
    public void Preprocess_ColorModelOfDigits_GetsGreyInAllChannels()
    {
        var input = PlainPixels.Photograph(Side, Side) with { Foreground = Foreground.Light };

        var tensor = PlainPixels.Run(input, DrawnFour.Encode());

        var gray = PlainPixels.RunDigit(DrawnFour.Encode());
        for (var i = 0; i < gray.Length; i++)
        {
            Assert.Equal([gray[i], gray[i], gray[i]], tensor[(3 * i)..((3 * i) + 3)]);
        }
    }

    // The normalizer's output, rounded to bytes, has MNIST's form by definition. One loose dot, which it would remove
    // from any other image, shows whether the file was left unchanged.
    private static float[] MnistLike()
    {
        var digit = PlainPixels.Rounded(PlainPixels.RunDigit(DrawnFour.Encode()));
        const int Dot = (8 * Side) + 8;
        Assert.Equal(0, digit[Dot]);
        digit[Dot] = 90;
        return digit;
    }

    private static byte[] Encode(float[] digit) => Encode(digit, value => new SKColor(value, value, value));

    private static byte[] Encode(float[] digit, Func<byte, SKColor> color) =>
        EncodedImages.Encode(Side, Side, (x, y) => color((byte)digit[(y * Side) + x]), alpha: SKAlphaType.Unpremul);
}
