using SkiaSharp;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Inference.Tests.Imaging;

/// <summary>What decoding takes is told from the header alone.</summary>
public sealed class DecodeCostTests
{
    private const int Side = 64;
    private const int Pixels = Side * Side;

    [Fact]
    public void Read_InterlacedPng_IsKeptWholeAsItIsStored()
    {
        var plain = CostOf(EncodedImages.Png(Side, Side, 16, 6, new byte[8 * Pixels]));
        var interlaced = CostOf(CostlyImages.InterlacedPng(Side));

        Assert.Equal((0, 8 * Pixels), (plain.WorkingBytes, interlaced.WorkingBytes));
        Assert.True(interlaced.Milliseconds > plain.Milliseconds);
    }

    [Fact]
    public void Read_ProgressiveJpeg_KeepsItsCoefficientsAndEveryScanCosts()
    {
        var few = CostOf(CostlyImages.ProgressiveJpeg(Side, components: 4, scans: 8));
        var many = CostOf(CostlyImages.ProgressiveJpeg(Side, components: 4, scans: 16));

        Assert.Equal((8 * Pixels, 8 * Pixels), (few.WorkingBytes, many.WorkingBytes));
        Assert.True(many.Milliseconds > few.Milliseconds);
    }

    [Fact]
    public void Read_BaselineJpegOfOneScan_KeepsNothing() => Assert.Equal(
        0, CostOf(EncodedImages.Encode(Side, Side, EncodedImages.Colorful, SKEncodedImageFormat.Jpeg)).WorkingBytes);

    /// <summary>The file decodes, so that what rejects it is the number of its scans and nothing else.</summary>
    [Fact]
    public void Read_ManyScansOfAFewPixels_IsDecoded()
    {
        var input = new ImagePreprocessor(new ImageInput
        {
            Channels = 1,
            Height = Side,
            Width = Side,
            Color = PixelColor.Gray,
            Mean = [0],
            Std = [1],
        });
        var tensor = new float[input.Input.ElementCount];

        input.Preprocess(CostlyImages.ProgressiveJpeg(Side, components: 3, scans: 98), tensor);

        Assert.All(tensor, element => Assert.Equal(tensor[0], element));
    }

    [Fact]
    public void Read_ManyScansOfManyPixels_IsRejected()
    {
        var rejection = Assert.Throws<InferenceException>(
            () => CostOf(CostlyImages.ProgressiveJpeg(6320, components: 4, scans: 98)));

        Assert.Equal(InferenceError.ImageTooLarge, rejection.Error);
        Assert.Contains("98 scans of 6320 × 6320 pixels", rejection.Message, StringComparison.Ordinal);
    }

    /// <summary>An encoder's ten scans of the largest picture are read.</summary>
    [Fact]
    public void Read_TenScansOfTheMostPixels_IsNotRejected() =>
        Assert.InRange(CostOf(CostlyImages.ProgressiveJpeg(6320, components: 3, scans: 10)).Milliseconds, 500, 3000);

    /// <summary>The table of docs/security.md.</summary>
    [Fact]
    public void Megapixels_AMillionPixels_CountsAsDocumented()
    {
        const long Million = 1_000_000;
        (double Expected, DecodeCost Cost)[] costs =
        [
            (1, DecodeCost.OfJpeg(Million, components: 3, scans: 1, isProgressive: false)),
            (4.5, DecodeCost.OfJpeg(Million, components: 3, scans: 10, isProgressive: true)),
            (3, DecodeCost.OfPng(Million, bitsAPixel: 32, isInterlaced: false, hasProfile: false)),
            (6, DecodeCost.OfPng(Million, bitsAPixel: 8, isInterlaced: true, hasProfile: false)),
            (6, DecodeCost.OfPng(Million, bitsAPixel: 48, isInterlaced: false, hasProfile: false)),
            (13.5, DecodeCost.OfPng(Million, bitsAPixel: 64, isInterlaced: true, hasProfile: true)),
            (11, DecodeCost.OfWebP(Million)),
            (5, DecodeCost.OfGif(Million)),
            (5.5, DecodeCost.OfBitmap(Million)),
        ];

        Assert.All(costs, cost => Assert.Equal(cost.Expected, cost.Cost.Megapixels, 1e-9));
    }

    /// <summary>A profile is applied to every pixel, and costs more beside what interlacing costs.</summary>
    [Fact]
    public void Read_InterlacedPngWithAProfile_TakesLongerThanEither()
    {
        var interlaced = CostlyImages.InterlacedPng(Side);
        var plain = EncodedImages.Png(Side, Side, 16, 6, new byte[8 * Pixels]);

        var both = CostOf(WithProfile(interlaced)).Milliseconds;

        Assert.True(both > CostOf(interlaced).Milliseconds);
        Assert.True(both > CostOf(WithProfile(plain)).Milliseconds);

        static byte[] WithProfile(byte[] png) => EncodedImages.WithPngChunk(png, "iCCP", [1, 0, 0]);
    }

    /// <summary>Where a recipe reads every pixel, each is also converted.</summary>
    [Fact]
    public void MillisecondsOf_JpegOfWhichEveryPixelIsRead_IsMoreThanOfOneDecodedSmaller()
    {
        var input = new ImageInput
        {
            Channels = 3,
            Height = 28,
            Width = 28,
            Color = PixelColor.Rgb,
            Mean = [0, 0, 0],
            Std = [1, 1, 1],
        };
        var jpeg = EncodedImages.Encode(1024, 1024, EncodedImages.Colorful, SKEncodedImageFormat.Jpeg);

        var smaller = MillisecondsOf(input);
        var whole = MillisecondsOf(input with { Round = true });

        Assert.True(whole > 2 * smaller, $"{whole} and {smaller} ms");

        double MillisecondsOf(ImageInput recipe)
        {
            var preprocessor = new ImagePreprocessor(recipe);
            return preprocessor.MillisecondsOf(preprocessor.ReadHeader(jpeg));
        }
    }

    private static DecodeCost CostOf(byte[] image) =>
        ImageHeader.Read(image, ImagePreprocessor.DefaultMaxPixels).Cost;
}
