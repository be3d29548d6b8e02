using SkiaSharp;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Inference.Tests.Imaging;

public sealed class DigitNormalizerTests
{
    private const int Side = 28;

    // A "4" on a canvas of 280 × 280: three strokes that no symmetry maps onto themselves.
    private static readonly SKPoint[][] Four =
    [
        [new(120, 50), new(70, 160), new(210, 160)],
        [new(165, 90), new(165, 235)],
    ];

    [Fact]
    public void Preprocess_MnistForm_PassesUnchangedInEveryDisguise()
    {
        var digit = MnistLike();

        Assert.Equal(digit, Preprocessing.Run(Preprocessing.Digit(), Encode(digit)));
        Assert.Equal(
            digit,
            Preprocessing.Run(
                Preprocessing.Digit(),
                EncodedImages.Png(Side, Side, 8, 0, Array.ConvertAll(digit, value => (byte)value))));
        Assert.Equal(
            digit, Preprocessing.Run(Preprocessing.Digit(), Encode(digit, value => new SKColor(0, 0, 0, value))));
        Assert.Equal(
            digit, Preprocessing.Run(Preprocessing.Digit(), Encode(digit, value => new SKColor(255, 255, 255, value))));
        Assert.Equal(
            digit,
            Preprocessing.Run(
                Preprocessing.Digit(),
                Encode(digit, value => new SKColor((byte)(255 - value), (byte)(255 - value), (byte)(255 - value)))));
    }

    [Fact]
    public void Preprocess_ModelOfDarkInk_GetsTheOppositeOfALightOne()
    {
        var digit = MnistLike();
        var opposite = Array.ConvertAll(digit, value => 255 - value);

        Assert.Equal(opposite, Preprocessing.Run(Preprocessing.Digit(foreground: Foreground.Dark), Encode(digit)));
        Assert.Equal(opposite, Preprocessing.Run(Preprocessing.Digit(foreground: Foreground.Dark), Encode(opposite)));
        Assert.Equal(
            Array.ConvertAll(Normalized(Drawing()), value => 255 - value),
            Preprocessing.Run(Preprocessing.Digit(foreground: Foreground.Dark), Drawing()));
    }

    [Fact]
    public void Preprocess_MnistFormTenTimesLarger_IsFoundAgain()
    {
        var digit = Preprocessing.Rounded(Normalized(Drawing()));
        var large = EncodedImages.Encode(280, 280, (x, y) =>
        {
            var value = (byte)digit[(y / 10 * Side) + (x / 10)];
            return new SKColor(value, value, value);
        });

        AssertSame(digit, Normalized(large), mean: 0.5);
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

        var tensor = Normalized(file);

        var firstRow = Array.FindIndex(tensor, value => value > 8) / Side;
        Assert.Equal(40, tensor.AsSpan(firstRow * Side, Side).ToArray().Max(), 2f);
        AssertMnistForm(tensor, Side);
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

        AssertSame(digit, Preprocessing.Run(Preprocessing.Digit(), Encode(shifted)), mean: 2);
    }

    [Theory]
    [InlineData(0x000000, 0xFFFFFF)]
    [InlineData(0xFFFFFF, 0x000000)]
    [InlineData(0x303030, 0x909090)]
    [InlineData(0xC0C0C0, 0x707070)]
    [InlineData(0x0000C0, 0xFFF8E0)]
    [InlineData(0xFFE000, 0x204020)]
    [InlineData(0xC00000, 0xA0E0A0)]
    public void Preprocess_AnyInkOnAnyPaper_GivesTheSameDigit(uint ink, uint paper)
    {
        AssertSame(Normalized(Drawing()), Normalized(Drawing(Opaque(ink), Opaque(paper))), mean: 3);
    }

    [Theory]
    [InlineData(SKEncodedImageFormat.Jpeg, 75)]
    [InlineData(SKEncodedImageFormat.Jpeg, 30)]
    [InlineData(SKEncodedImageFormat.Webp, 50)]
    public void Preprocess_LossyFile_GivesTheSameDigit(SKEncodedImageFormat format, int quality)
    {
        var file = EncodedImages.Draw(
            280, 280, SKColors.White, canvas => DrawFour(canvas, SKColors.Black, 22), format, quality);

        AssertSame(Normalized(Drawing()), Normalized(file), mean: 4);
    }

    [Theory]
    [InlineData(400, 300, 0.3f, 290, 190)]
    [InlineData(300, 400, 1f, 10, 100)]
    [InlineData(640, 480, 0.2f, 20, 400)]
    [InlineData(1600, 1200, 4f, 300, 50)]
    public void Preprocess_AnywhereOnAnyCanvas_GivesTheSameDigit(
        int width, int height, float scale, float left, float top)
    {
        var file = EncodedImages.Draw(width, height, SKColors.White, canvas =>
        {
            canvas.Translate(left, top);
            canvas.Scale(scale);
            DrawFour(canvas, SKColors.Black, 22);
        });

        AssertSame(Normalized(Drawing()), Normalized(file), mean: 6);
    }

    [Fact]
    public void Preprocess_Transparent_KeepsDarkAndLightInk()
    {
        AssertSame(Normalized(Drawing()), Normalized(Drawing(SKColors.Black, SKColors.Transparent)), mean: 1);
        AssertSame(Normalized(Drawing()), Normalized(Drawing(SKColors.White, SKColors.Transparent)), mean: 1);
        AssertSame(Normalized(Drawing()), Normalized(Drawing(SKColors.DarkRed, SKColors.Transparent)), mean: 1);
    }

    [Theory]
    [InlineData(0x000000, 0xFFFFFF)]
    [InlineData(0xFFFFFF, 0x000000)]
    public void Preprocess_SheetWithTransparentCorners_IsNotInk(uint ink, uint paper)
    {
        var file = EncodedImages.Draw(280, 280, SKColors.Transparent, canvas =>
        {
            using var fill = new SKPaint { Color = Opaque(paper) };
            canvas.DrawRoundRect(new SKRect(0, 0, 280, 280), 60, 60, fill);
            DrawFour(canvas, Opaque(ink), 22);
        });

        AssertSame(Normalized(Drawing()), Normalized(file), mean: 2);
    }

    [Fact]
    public void Preprocess_CroppedToItsInk_GivesTheSameDigit()
    {
        var file = EncodedImages.Draw(162, 207, SKColors.White, canvas =>
        {
            canvas.Translate(-59, -39);
            DrawFour(canvas, SKColors.Black, 22);
        });

        AssertSame(Normalized(Drawing()), Normalized(file), mean: 3);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(12)]
    public void Preprocess_NoisyPaperLitFromOneSide_GivesTheSameDigit(double deviation)
    {
        using var drawing = SKBitmap.Decode(Drawing());
        var random = new Random(7);
        var file = EncodedImages.Encode(280, 280, (x, y) =>
        {
            var light = 0.5 + (0.45 * x / 280) + (0.05 * y / 280);
            var noise = deviation * (
                random.NextDouble() + random.NextDouble() + random.NextDouble() + random.NextDouble() - 2)
                * Math.Sqrt(3);
            var value = (byte)Math.Clamp(((drawing.GetPixel(x, y).Red * 200 / 255.0) + 40) * light + noise, 0, 255);
            return new SKColor(value, value, value);
        }, SKEncodedImageFormat.Jpeg, 80);

        AssertSame(Normalized(Drawing()), Normalized(file), mean: 8);
    }

    [Fact]
    public void Preprocess_DustOnThePaper_IsNotInk()
    {
        var random = new Random(11);
        var file = EncodedImages.Draw(280, 280, SKColors.White, canvas =>
        {
            DrawFour(canvas, SKColors.Black, 22);
            using var dust = new SKPaint { Color = SKColors.Black };
            for (var i = 0; i < 40; i++)
            {
                canvas.DrawRect(random.Next(278), random.Next(278), 2, 2, dust);
            }
        });

        AssertSame(Normalized(Drawing()), Normalized(file), mean: 3);
    }

    [Theory]
    [InlineData(280, 2)]
    [InlineData(280, 8)]
    [InlineData(1400, 1)]
    [InlineData(3000, 2)]
    public void Preprocess_ThinPen_DoesNotVanish(int size, float pen)
    {
        var file = EncodedImages.Draw(size, size, SKColors.White, canvas =>
        {
            canvas.Scale(size / 280f);
            DrawFour(canvas, SKColors.Black, pen * 280 / size);
        });

        var tensor = Normalized(file);

        // The thin pen must be visible in the middle of the thick pen's strokes.
        var thick = Normalized(Drawing());
        Assert.True(
            tensor.Count(value => value > 128) > 20,
            $"Only {tensor.Count(value => value > 128)} pixels of ink are left.");
        Assert.InRange(tensor.Zip(thick, (thin, wide) => thin > 128 && wide < 32 ? 1 : 0).Sum(), 0, 6);
        AssertMnistForm(tensor, Side);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(28, 28)]
    [InlineData(280, 280)]
    [InlineData(300, 20)]
    public void Preprocess_BlankSheet_IsAllBackground(int width, int height)
    {
        foreach (
            var paper in new[] { SKColors.White, SKColors.Black, SKColors.Gray, SKColors.Beige, SKColors.Transparent })
        {
            var file = EncodedImages.Draw(width, height, paper, _ => { });

            Assert.All(Normalized(file), value => Assert.Equal(0, value));
            Assert.All(
                Preprocessing.Run(Preprocessing.Digit(foreground: Foreground.Dark), file),
                value => Assert.Equal(255, value));
        }
    }

    [Fact]
    public void Preprocess_SpeckOnAnEmptySheet_IsNotInk()
    {
        var file = EncodedImages.Draw(280, 280, SKColors.White, canvas =>
        {
            using var speck = new SKPaint { Color = SKColors.Black };
            canvas.DrawRect(100, 150, 4, 4, speck);
        });

        Assert.All(Normalized(file), value => Assert.Equal(0, value));
    }

    [Theory]
    [InlineData(SKEncodedImageFormat.Png)]
    [InlineData(SKEncodedImageFormat.Jpeg)]
    public void Preprocess_NoiseOnAnEmptySheet_IsNotInk(SKEncodedImageFormat format)
    {
        var random = new Random(3);
        var file = EncodedImages.Encode(300, 300, (_, _) =>
        {
            var value = (byte)(200 + random.Next(-12, 13));
            return new SKColor(value, value, value);
        }, format, 85);

        Assert.All(Normalized(file), value => Assert.Equal(0, value));
    }

    [Theory]
    [InlineData(28)]
    [InlineData(32)]
    [InlineData(64)]
    [InlineData(20)]
    public void Preprocess_ModelOfAnySize_GetsTheSameProportions(int side)
    {
        AssertMnistForm(Preprocessing.Run(Preprocessing.Digit(side), Drawing()), side);
    }

    [Fact]
    public void Preprocess_ModelWiderThanHigh_GetsTheDigitInTheMiddle()
    {
        var input = Preprocessing.Digit() with { Width = 56 };

        var tensor = Preprocessing.Run(input, Drawing());

        var square = Normalized(Drawing());
        for (var y = 0; y < Side; y++)
        {
            Assert.Equal(square[(y * Side)..((y + 1) * Side)], tensor[((y * 56) + 14)..((y * 56) + 42)]);
        }
    }

    [Fact]
    public void Preprocess_ColorModelOfDigits_GetsGreyInAllChannels()
    {
        var input = Preprocessing.Photograph(Side, Side) with { Foreground = Foreground.Light };

        var tensor = Preprocessing.Run(input, Drawing());

        var gray = Normalized(Drawing());
        for (var i = 0; i < gray.Length; i++)
        {
            Assert.Equal([gray[i], gray[i], gray[i]], tensor[(3 * i)..((3 * i) + 3)]);
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void Preprocess_ExifOrientation_GivesTheSameDigit(int orientation)
    {
        // The stored pixels never change, so the drawing is rotated back.
        var matrix = orientation switch
        {
            2 => new SKMatrix(-1, 0, 280, 0, 1, 0, 0, 0, 1),
            3 => new SKMatrix(-1, 0, 280, 0, -1, 280, 0, 0, 1),
            4 => new SKMatrix(1, 0, 0, 0, -1, 280, 0, 0, 1),
            5 => new SKMatrix(0, 1, 0, 1, 0, 0, 0, 0, 1),
            6 => new SKMatrix(0, 1, 0, -1, 0, 280, 0, 0, 1),
            7 => new SKMatrix(0, -1, 280, -1, 0, 280, 0, 0, 1),
            _ => new SKMatrix(0, -1, 280, 1, 0, 0, 0, 0, 1),
        };
        var stored = EncodedImages.Draw(280, 280, SKColors.White, canvas =>
        {
            canvas.SetMatrix(matrix);
            DrawFour(canvas, SKColors.Black, 22);
        }, SKEncodedImageFormat.Jpeg, 95);

        AssertSame(Normalized(Drawing()), Normalized(EncodedImages.WithExifOrientation(stored, orientation)), mean: 3);
    }

    private static float[] Normalized(byte[] file) => Preprocessing.Run(Preprocessing.Digit(), file);

    // The normalizer's output, rounded to bytes, has MNIST's form by definition. One loose dot, which it would remove
    // from any other image, shows whether the file was left unchanged.
    private static float[] MnistLike()
    {
        var digit = Preprocessing.Rounded(Normalized(Drawing()));
        const int Dot = (8 * Side) + 8;
        Assert.Equal(0, digit[Dot]);
        digit[Dot] = 90;
        return digit;
    }

    private static byte[] Drawing() => Drawing(SKColors.Black, SKColors.White);

    private static byte[] Drawing(SKColor ink, SKColor paper) =>
        EncodedImages.Draw(280, 280, paper, canvas => DrawFour(canvas, ink, 22));

    private static void DrawFour(SKCanvas canvas, SKColor ink, float pen)
    {
        using var paint = new SKPaint
        {
            Color = ink,
            StrokeWidth = pen,
            IsStroke = true,
            IsAntialias = true,
            StrokeCap = SKStrokeCap.Round,
            StrokeJoin = SKStrokeJoin.Round,
        };
        foreach (var stroke in Four)
        {
            for (var i = 1; i < stroke.Length; i++)
            {
                canvas.DrawLine(stroke[i - 1], stroke[i], paint);
            }
        }
    }

    private static SKColor Opaque(uint rgb) => new(0xFF000000 | rgb);

    private static byte[] Encode(float[] digit) => Encode(digit, value => new SKColor(value, value, value));

    private static byte[] Encode(float[] digit, Func<byte, SKColor> color) =>
        EncodedImages.Encode(Side, Side, (x, y) => color((byte)digit[(y * Side) + x]), alpha: SKAlphaType.Unpremul);

    private static void AssertSame(float[] expected, float[] actual, double mean)
    {
        AssertMnistForm(actual, Side);
        var distance = expected.Zip(actual, (left, right) => Math.Abs(left - right)).Average();
        Assert.True(distance <= mean, $"The mean difference is {distance:F2} of 255.");
    }

    private static void AssertMnistForm(float[] tensor, int side)
    {
        double mass = 0, massX = 0, massY = 0;
        int left = side, right = -1, top = side, bottom = -1;
        for (var i = 0; i < tensor.Length; i++)
        {
            var (y, x) = Math.DivRem(i, side);
            Assert.InRange(tensor[i], 0, 255.01f);
            mass += tensor[i];
            massX += tensor[i] * (x + 0.5);
            massY += tensor[i] * (y + 0.5);
            if (tensor[i] >= 8)
            {
                (left, right, top, bottom) = (
                    Math.Min(left, x), Math.Max(right, x), Math.Min(top, y), Math.Max(bottom, y));
            }
        }

        var box = (int)Math.Round(side * 20 / 28.0);
        Assert.Equal(box, Math.Max(right - left, bottom - top) + 1);
        Assert.Equal(side / 2, (int)(massX / mass));
        Assert.Equal(side / 2, (int)(massY / mass));
    }
}
