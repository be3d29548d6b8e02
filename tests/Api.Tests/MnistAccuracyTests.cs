using SkiaSharp;
using SoftmaxService.Inference.Models;
using SoftmaxService.Inference.Onnx;
using SoftmaxService.Numerics;
using SoftmaxService.Tests.Support.Images;
using SoftmaxService.Tests.Support.TestData;
using Xunit.Abstractions;

namespace SoftmaxService.Api.Tests;

/// <summary>Classifies five hundred MNIST test digits over HTTP, as published and as typical image files.</summary>
[Collection(nameof(RunningService))]
public sealed class MnistAccuracyTests(RunningService service, ITestOutputHelper output)
{
    private const int DigitCount = 500;
    private const double OnePoint = DigitCount / 100.0;

    private static readonly Dictionary<string, Func<int, byte[]>> Variants = new()
    {
        ["scaled to 280 × 280"] = digit => EncodedImages.Encode(Enlarge(Gray(digit))),
        ["inverted"] = digit => EncodedImages.Encode(Gray(digit, invert: true)),
        ["JPEG of quality 75"] = digit => EncodedImages.Encode(Gray(digit), SKEncodedImageFormat.Jpeg, 75),
        ["transparent with black ink"] = digit => EncodedImages.Encode(BlackInk(digit)),
        ["turned by EXIF"] = digit =>
            EncodedImages.WithExifOrientation(
                EncodedImages.Encode(TurnLeft(Gray(digit)), SKEncodedImageFormat.Jpeg, 100),
                orientation: 6),
        ["inverted, 280 × 280, JPEG of quality 75"] = digit =>
            EncodedImages.Encode(Enlarge(Gray(digit, invert: true)), SKEncodedImageFormat.Jpeg, 75),
    };

    public static TheoryData<string> VariantNames => [.. Variants.Keys];

    [MnistFact]
    public async Task PlainDigitsAreClassifiedAsTheModelDoesOffline()
    {
        var offline = ClassifyOffline();
        var served = await ClassifyAsync(digit => EncodedImages.Encode(Gray(digit)));

        Assert.Equal(offline, served);
        Assert.True(CountRight(served) >= 0.99 * DigitCount, $"{CountRight(served)} of {DigitCount} are correct.");
    }

    [MnistTheory]
    [MemberData(nameof(VariantNames))]
    public async Task EveryKindOfFileIsWithinOnePointOfThePlainOnes(string variant)
    {
        var plain = CountRight(ClassifyOffline());
        var served = CountRight(await ClassifyAsync(Variants[variant]));

        output.WriteLine($"{variant}: {served} of {DigitCount} are right, of the plain files {plain}.");
        Assert.True(
            served >= plain - OnePoint,
            $"{variant}: {served} of {DigitCount} are right, of the plain files {plain}.");
    }

    private static int CountRight(IEnumerable<int> classes) =>
        classes.Zip(Digits).Count(pair => pair.First == MnistTestData.Instance.Label(pair.Second));

    private static IEnumerable<int> Digits => MnistTestData.Instance.Spread(DigitCount);

    private async Task<int[]> ClassifyAsync(Func<int, byte[]> file)
    {
        var classes = new List<int>();
        foreach (var digit in Digits)
        {
            var answer = await service.ClassifyAsync(file(digit), "?model=mnist&topK=1", "application/octet-stream");
            classes.Add(answer.Json.GetProperty("predictions")[0].GetProperty("index").GetInt32());
        }

        return [.. classes];
    }

    /// <summary>
    /// Passes pixels directly to ONNX Runtime, with only the manifest's scale, mean and standard deviation.
    /// </summary>
    private static int[] ClassifyOffline()
    {
        var folder = Path.Combine(RunningService.RepositoryRoot, "models", "mnist", "1");
        var input = ModelManifest.Parse(File.ReadAllBytes(Path.Combine(folder, ModelManifest.FileName))).Input!;
        var onnx = OnnxModel.Load(Path.Combine(folder, ClassifierModel.OnnxFileName), new OnnxSettings());
        using var classifier = new OnnxClassifier(
            onnx,
            onnx.Inputs[0],
            onnx.Outputs[0],
            [1, 1, MnistTestData.Side, MnistTestData.Side]);
        using var run = classifier.Rent();
        return [.. Digits.Select(digit =>
        {
            var pixels = MnistTestData.Instance.Image(digit);
            for (var i = 0; i < pixels.Length; i++)
            {
                run.Input[i] = (float)(((pixels[i] * input.Scale!.Value) - input.Mean![0]) / input.Std![0]);
            }

            run.Execute();
            Span<int> best = stackalloc int[1];
            Ranking.TopK(run.Output, best);
            return best[0];
        })];
    }

    private static SKBitmap Gray(int digit, bool invert = false) => Draw((x, y) =>
    {
        var value = Pixel(digit, x, y);
        value = invert ? (byte)(255 - value) : value;
        return new SKColor(value, value, value);
    });

    private static SKBitmap BlackInk(int digit) => Draw((x, y) => new SKColor(0, 0, 0, Pixel(digit, x, y)));

    private static byte Pixel(int digit, int x, int y) =>
        MnistTestData.Instance.Image(digit)[(y * MnistTestData.Side) + x];

    private static SKBitmap Draw(Func<int, int, SKColor> color)
    {
        var bitmap = new SKBitmap(MnistTestData.Side, MnistTestData.Side, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        for (var y = 0; y < bitmap.Height; y++)
        {
            for (var x = 0; x < bitmap.Width; x++)
            {
                bitmap.SetPixel(x, y, color(x, y));
            }
        }

        return bitmap;
    }

    private static SKBitmap Enlarge(SKBitmap bitmap) =>
        bitmap.Resize(
            new SKImageInfo(280, 280, SKColorType.Rgba8888, SKAlphaType.Unpremul),
            new SKSamplingOptions(SKCubicResampler.CatmullRom));

    /// <summary>
    /// A quarter turn counter-clockwise, as a camera stores it with EXIF orientation 6 ("rotate clockwise").
    /// </summary>
    private static SKBitmap TurnLeft(SKBitmap bitmap)
    {
        var turned = new SKBitmap(bitmap.Height, bitmap.Width, bitmap.ColorType, bitmap.AlphaType);
        for (var y = 0; y < bitmap.Height; y++)
        {
            for (var x = 0; x < bitmap.Width; x++)
            {
                turned.SetPixel(y, bitmap.Width - 1 - x, bitmap.GetPixel(x, y));
            }
        }

        return turned;
    }
}
