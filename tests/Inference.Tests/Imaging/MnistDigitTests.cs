using SkiaSharp;
using SoftmaxService.Inference.Imaging;
using SoftmaxService.Inference.Onnx;
using SoftmaxService.Numerics;
using SoftmaxService.Tests.Support.TestData;

namespace SoftmaxService.Inference.Tests.Imaging;

/// <summary>
/// The published test images, plain and as typical image files, classified by a third-party model.
/// </summary>
public sealed class MnistDigitTests
{
    private const string ZooModel = "models/mnist-zoo.onnx";
    private const int Side = MnistTestData.Side;
    private const int Large = 280;
    private const int Judged = 500;

    private static readonly Lazy<double> PlainAccuracy = new(() =>
        Accuracy((image, _) => EncodedImages.Png(Side, Side, 8, 0, image)));

    [MnistFact]
    public void Preprocess_EveryMnistFile_PassesUnchanged()
    {
        var data = MnistTestData.Instance;
        var preprocessor = new ImagePreprocessor(PlainPixels.Digit());
        var tensor = new float[MnistTestData.PixelCount];
        for (var i = 0; i < data.Count; i++)
        {
            preprocessor.Preprocess(EncodedImages.Png(Side, Side, 8, 0, data.Image(i)), tensor);
            AssertUnchanged(data.Image(i), tensor, i);
        }
    }

    [MnistFact]
    public void Preprocess_EveryInvertedMnistFile_IsInvertedExactly()
    {
        var data = MnistTestData.Instance;
        var preprocessor = new ImagePreprocessor(PlainPixels.Digit());
        var tensor = new float[MnistTestData.PixelCount];
        var inverted = new byte[MnistTestData.PixelCount];
        for (var i = 0; i < data.Count; i++)
        {
            for (var k = 0; k < inverted.Length; k++)
            {
                inverted[k] = (byte)(255 - data.Image(i)[k]);
            }

            preprocessor.Preprocess(EncodedImages.Png(Side, Side, 8, 0, inverted), tensor);
            AssertUnchanged(data.Image(i), tensor, i);
        }
    }

    [MnistTheory(ZooModel)]
    [InlineData("JPEG", 1.0)]
    [InlineData("large", 1.0)]
    [InlineData("large JPEG", 1.0)]
    [InlineData("large inverted JPEG", 1.0)]
    [InlineData("large with black ink on nothing", 1.0)]
    [InlineData("large with white ink on nothing", 1.0)]
    [InlineData("large rotated by EXIF", 1.0)]
    [InlineData("large squares", 1.0)]
    [InlineData("somewhere on a sheet", 1.0)]
    [InlineData("on shaded paper", 1.5)]
    public void Preprocess_DisguisedMnistFile_IsRecognisedAsThePlainOneIs(string disguise, double points)
    {
        var plain = PlainAccuracy.Value;
        var disguised = Accuracy(Disguise(disguise));

        Assert.True(plain >= 98, $"The plain files score {plain} %.");
        Assert.True(disguised >= plain - points, $"{disguise}: {disguised} %, the plain files {plain} %.");
    }

    private static Func<byte[], int, byte[]> Disguise(string name) => name switch
    {
        "JPEG" => (image, _) => Draw(image, Side, Side, Ink.WhiteOnBlack, 0, 0, Side, SKEncodedImageFormat.Jpeg),
        "large" => (image, _) => Draw(image, Large, Large, Ink.WhiteOnBlack, 0, 0, Large),
        "large JPEG" => (image, _) =>
            Draw(image, Large, Large, Ink.WhiteOnBlack, 0, 0, Large, SKEncodedImageFormat.Jpeg),
        "large inverted JPEG" => (image, _) =>
            Draw(image, Large, Large, Ink.BlackOnWhite, 0, 0, Large, SKEncodedImageFormat.Jpeg),
        "large with black ink on nothing" => (image, _) => Draw(image, Large, Large, Ink.BlackOnNothing, 0, 0, Large),
        "large with white ink on nothing" => (image, _) => Draw(image, Large, Large, Ink.WhiteOnNothing, 0, 0, Large),
        "large rotated by EXIF" => (image, i) => EncodedImages.WithExifOrientation(
            Draw(
                Turned(image, new[] { 3, 6, 8 }[i % 3]),
                Large,
                Large,
                Ink.BlackOnWhite,
                0,
                0,
                Large,
                SKEncodedImageFormat.Jpeg),
            new[] { 3, 6, 8 }[i % 3]),
        "large squares" => (image, _) =>
            Draw(image, Large, Large, Ink.BlackOnWhite, 0, 0, Large, sampling: SKSamplingOptions.Default),
        "somewhere on a sheet" => (image, i) =>
        {
            var random = new Random(i);
            var size = random.Next(90, 240);
            return Draw(image, 400, 300, Ink.BlackOnWhite, random.Next(400 - size), random.Next(300 - size), size);
        }
        ,
        "on shaded paper" => OnShadedPaper,
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };

    private static byte[] OnShadedPaper(byte[] image, int seed)
    {
        var random = new Random(seed);
        using var drawing = SKBitmap.Decode(
            Draw(image, 300, 240, Ink.BlackOnWhite, random.Next(90), random.Next(30), 210));
        var values = drawing.Bytes;
        return EncodedImages.Encode(300, 240, (x, y) =>
        {
            var light = 1 - (0.3 * x / 300) - (0.1 * y / 240);
            var noise = 12 * (random.NextDouble() + random.NextDouble() - 1);
            var value = (byte)Math.Clamp((40 + (values[4 * ((y * 300) + x)] * 195 / 255.0)) * light + noise, 0, 255);
            return new SKColor(value, value, value);
        }, SKEncodedImageFormat.Jpeg, 75);
    }

    private static double Accuracy(Func<byte[], int, byte[]> encode)
    {
        var data = MnistTestData.Instance;
        var preprocessor = new ImagePreprocessor(PlainPixels.Digit() with { Scale = 1 / 255f });
        var onnx = OnnxModel.Load(SharedData.Path(ZooModel), new OnnxSettings());
        using var classifier = new OnnxClassifier(onnx, onnx.Inputs[0], onnx.Outputs[0], [1, 1, Side, Side]);
        using var run = classifier.Rent();
        Span<int> best = stackalloc int[1];
        var right = 0;
        foreach (var i in data.Spread(Judged))
        {
            preprocessor.Preprocess(encode(data.Image(i).ToArray(), i), run.Input);
            run.Execute();
            Ranking.TopK(run.Output, best);
            right += best[0] == data.Label(i) ? 1 : 0;
        }

        return 100.0 * right / Judged;
    }

    private enum Ink
    {
        WhiteOnBlack,
        BlackOnWhite,
        BlackOnNothing,
        WhiteOnNothing,
    }

    private static byte[] Draw(
        byte[] image, int width, int height, Ink ink, int left, int top, int size,
        SKEncodedImageFormat format = SKEncodedImageFormat.Png,
        SKSamplingOptions? sampling = null)
    {
        using var small = SKImage.FromEncodedData(EncodedImages.Encode(Side, Side, (x, y) =>
        {
            var value = image[(y * Side) + x];
            var inverse = (byte)(255 - value);
            return ink switch
            {
                Ink.WhiteOnBlack => new SKColor(value, value, value),
                Ink.BlackOnWhite => new SKColor(inverse, inverse, inverse),
                Ink.BlackOnNothing => new SKColor(0, 0, 0, value),
                _ => new SKColor(255, 255, 255, value),
            };
        }, alpha: SKAlphaType.Unpremul));
        var paper = ink switch
        {
            Ink.WhiteOnBlack => SKColors.Black,
            Ink.BlackOnWhite => SKColors.White,
            _ => SKColors.Transparent,
        };
        return EncodedImages.Draw(
            width,
            height,
            paper,
            canvas => canvas.DrawImage(
                small,
                new SKRect(left, top, left + size, top + size),
                sampling ?? new SKSamplingOptions(SKCubicResampler.CatmullRom)),
            format,
            75);
    }

    // Rotated so that a viewer that applies the orientation shows it upright.
    private static byte[] Turned(byte[] image, int orientation)
    {
        var turned = new byte[image.Length];
        for (var y = 0; y < Side; y++)
        {
            for (var x = 0; x < Side; x++)
            {
                var (column, row) = orientation switch
                {
                    3 => (Side - 1 - x, Side - 1 - y),
                    6 => (y, Side - 1 - x),
                    _ => (Side - 1 - y, x),
                };
                turned[(row * Side) + column] = image[(y * Side) + x];
            }
        }

        return turned;
    }

    private static void AssertUnchanged(ReadOnlySpan<byte> expected, float[] actual, int index)
    {
        for (var k = 0; k < expected.Length; k++)
        {
            if (actual[k] != expected[k])
            {
                Assert.Fail($"Image {index} changed at {k % Side}, {k / Side}: {expected[k]} became {actual[k]}.");
            }
        }
    }
}
