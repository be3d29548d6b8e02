using SkiaSharp;

namespace SoftmaxService.Inference.Tests.Imaging;

/// <summary>The same digit in another picture: other colours, formats, places, papers and pens.</summary>
public sealed class DigitPictureTests
{
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
        AssertFour(DrawnFour.Encode(Opaque(ink), Opaque(paper)), mean: 3);
    }

    [Theory]
    [InlineData(SKEncodedImageFormat.Jpeg, 75)]
    [InlineData(SKEncodedImageFormat.Jpeg, 30)]
    [InlineData(SKEncodedImageFormat.Webp, 50)]
    public void Preprocess_LossyFile_GivesTheSameDigit(SKEncodedImageFormat format, int quality)
    {
        var file = EncodedImages.Draw(
            280, 280, SKColors.White, canvas => DrawnFour.Draw(canvas, SKColors.Black, 22), format, quality);

        AssertFour(file, mean: 4);
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
            DrawnFour.Draw(canvas, SKColors.Black, 22);
        });

        AssertFour(file, mean: 6);
    }

    [Fact]
    public void Preprocess_Transparent_KeepsDarkAndLightInk()
    {
        AssertFour(DrawnFour.Encode(SKColors.Black, SKColors.Transparent), mean: 1);
        AssertFour(DrawnFour.Encode(SKColors.White, SKColors.Transparent), mean: 1);
        AssertFour(DrawnFour.Encode(SKColors.DarkRed, SKColors.Transparent), mean: 1);
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
            DrawnFour.Draw(canvas, Opaque(ink), 22);
        });

        AssertFour(file, mean: 2);
    }

    [Fact]
    public void Preprocess_CroppedToItsInk_GivesTheSameDigit()
    {
        var file = EncodedImages.Draw(162, 207, SKColors.White, canvas =>
        {
            canvas.Translate(-59, -39);
            DrawnFour.Draw(canvas, SKColors.Black, 22);
        });

        AssertFour(file, mean: 3);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(12)]
    public void Preprocess_NoisyPaperLitFromOneSide_GivesTheSameDigit(double deviation)
    {
        using var drawing = SKBitmap.Decode(DrawnFour.Encode());
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

        AssertFour(file, mean: 8);
    }

    [Fact]
    public void Preprocess_DustOnThePaper_IsNotInk()
    {
        var random = new Random(11);
        var file = EncodedImages.Draw(280, 280, SKColors.White, canvas =>
        {
            DrawnFour.Draw(canvas, SKColors.Black, 22);
            using var dust = new SKPaint { Color = SKColors.Black };
            for (var i = 0; i < 40; i++)
            {
                canvas.DrawRect(random.Next(278), random.Next(278), 2, 2, dust);
            }
        });

        AssertFour(file, mean: 3);
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
            DrawnFour.Draw(canvas, SKColors.Black, pen * 280 / size);
        });

        var tensor = PlainPixels.RunDigit(file);

        // The thin pen must be visible in the middle of the thick pen's strokes.
        var thick = PlainPixels.RunDigit(DrawnFour.Encode());
        Assert.True(
            tensor.Count(value => value > 128) > 20,
            $"Only {tensor.Count(value => value > 128)} pixels of ink are left.");
        Assert.InRange(tensor.Zip(thick, (thin, wide) => thin > 128 && wide < 32 ? 1 : 0).Sum(), 0, 6);
        MnistForm.AssertIs(tensor, MnistForm.Side);
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
            DrawnFour.Draw(canvas, SKColors.Black, 22);
        }, SKEncodedImageFormat.Jpeg, 95);

        AssertFour(EncodedImages.WithExifOrientation(stored, orientation), mean: 3);
    }

    private static void AssertFour(byte[] file, double mean) => MnistForm.AssertSame(
        PlainPixels.RunDigit(DrawnFour.Encode()), PlainPixels.RunDigit(file), mean);

    private static SKColor Opaque(uint rgb) => new(0xFF000000 | rgb);
}
