using SkiaSharp;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Inference.Tests.Imaging;

/// <summary>What the fields of a recipe do, on pictures that are small enough to say what must come out.</summary>
public sealed class RecipeTests
{
    // 0, 10, 20, …: a pixel's value says where it comes from.
    private static readonly byte[] Ramp = [.. Enumerable.Range(0, 25).Select(i => (byte)(10 * i))];

    [Theory]
    [InlineData(10, CropOffset.Even, 3)]
    [InlineData(10, CropOffset.Down, 3)]
    [InlineData(9, CropOffset.Even, 2)]
    [InlineData(9, CropOffset.Down, 2)]
    [InlineData(7, CropOffset.Even, 2)]
    [InlineData(7, CropOffset.Down, 1)]
    public void ResizeTo_BothSides_CropsAtWholePixels(int width, CropOffset offset, int first)
    {
        var input = Gray(4, 1) with
        {
            Resize = ResizeMode.Crop,
            ResizeTo = ResizeTarget.Both(1, width),
            CropOffset = offset,
        };

        var tensor = PlainPixels.Run(input, EncodedImages.Png(width, 1, 8, 0, Ramp.AsSpan(0, width)));

        Assert.Equal(Ramp[first..(first + 4)].Select(value => (float)value), tensor);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void ResizeTo_TurnedFile_CropsTheUprightPicture(int orientation)
    {
        // Noise of 24 × 17 is resized to 19 × 13: the offsets 2.5 and 2.5 are rounded in the upright picture.
        var upright = EncodedImages.Encode(24, 17, Noise);
        var (width, height) = orientation >= 5 ? (17, 24) : (24, 17);
        var stored = EncodedImages.Encode(width, height, (column, row) =>
        {
            var (x, y) = EncodedImages.Upright(column, row, width, height, orientation);
            return Noise(x, y);
        });
        var turned = EncodedImages.WithPngChunk(stored, "eXIf", EncodedImages.Exif((uint)orientation));
        foreach (var filter in Enum.GetValues<ImageFilter>())
        {
            var input = PlainPixels.Photograph(14, 8, resize: ResizeMode.Crop) with
            {
                ResizeTo = ResizeTarget.Both(13, 19),
                Filter = filter,
                Round = true,
            };

            Assert.Equal(PlainPixels.Run(input, upright), PlainPixels.Run(input, turned));
            var gray = input with { Channels = 1, Color = PixelColor.Gray, Mean = [0], Std = [1] };
            Assert.Equal(PlainPixels.Run(gray, upright), PlainPixels.Run(gray, turned));
        }
    }

    [Theory]
    [InlineData(300, 200, 342, 228)]
    [InlineData(200, 301, 228, 343)]
    [InlineData(640, 427, 341, 228)]
    [InlineData(1, 60_000, 228, 13_680_000)]
    public void ResizeTo_ShorterSide_RoundsTheLongerDown(int width, int height, long drawnWidth, long drawnHeight)
    {
        var framer = new PhotographFramer(
            Gray(224, 224) with { Resize = ResizeMode.Crop, ResizeTo = ResizeTarget.Shorter(228) });

        Assert.Equal((drawnWidth, drawnHeight), framer.DrawnSize(width, height));
    }

    [Theory]
    [InlineData(300, 200, 342, 228)]
    [InlineData(301, 200, 343, 228)]
    [InlineData(640, 427, 342, 228)]
    [InlineData(200, 301, 228, 343)]
    [InlineData(456, 721, 228, 360)] // 360.5: a half goes to the even number
    [InlineData(456, 723, 228, 362)]
    public void ResizeRounding_Nearest_RoundsTheLongerSide(int width, int height, long drawnWidth, long drawnHeight)
    {
        var framer = new PhotographFramer(Gray(224, 224) with
        {
            Resize = ResizeMode.Crop,
            ResizeTo = ResizeTarget.Shorter(228),
            ResizeRounding = ResizeRounding.Nearest,
        });

        Assert.Equal((drawnWidth, drawnHeight), framer.DrawnSize(width, height));
    }

    [Fact]
    public void ResizeTo_ModelsOwnSize_StillResizesAPictureOfThatSize()
    {
        var input = Gray(4, 1) with { Resize = ResizeMode.Crop, ResizeTo = ResizeTarget.Both(1, 8) };

        var tensor = PlainPixels.Run(input, EncodedImages.Png(4, 1, 8, 0, [0, 40, 80, 120]));

        // Pixels 2 to 5 of eight.
        Assert.Equal([30, 50, 70, 90], tensor);
    }

    [Theory]
    [InlineData(CropOffset.Even, 1)]
    [InlineData(CropOffset.Down, 2)]
    public void ResizeTo_SmallerThanTheModel_IsSurroundedByFill(CropOffset offset, int left)
    {
        var input = PlainPixels.Photograph(5, 1, resize: ResizeMode.Crop) with
        {
            ResizeTo = ResizeTarget.Both(1, 2),
            CropOffset = offset,
            Fill = [1.5f, 2, 3],
        };
        float[] fill = [1.5f, 2, 3];
        float[] expected = [.. fill, .. fill, .. fill, .. fill, .. fill];
        ((float[])[7, 7, 7, 9, 9, 9]).CopyTo(expected, 3 * left);

        // A grey file has one channel until it is surrounded by a colour.
        Assert.Equal(expected, PlainPixels.Run(input, EncodedImages.Png(2, 1, 8, 0, [7, 9])));
        Assert.Equal(
            expected,
            PlainPixels.Run(input, EncodedImages.Encode(2, 1, (x, _) => x == 0 ? Level(7) : Level(9))));
    }

    [Fact]
    public void Fill_GrayModel_GetsItsLuma()
    {
        var input = Gray(3, 1) with { Resize = ResizeMode.Fit, Fill = [255, 0, 0] };
        var uniform = input with { Fill = [103.5f, 103.5f, 103.5f] };
        var file = EncodedImages.Png(1, 1, 8, 0, [9]);

        Assert.Equal([76.24f, 9, 76.24f], PlainPixels.Run(input, file).Select(value => MathF.Round(value, 2)));
        Assert.Equal([103.5f, 9, 103.5f], PlainPixels.Run(uniform, file));
    }

    [Fact]
    public void Background_IsSeenThroughTransparentPixels()
    {
        var file = EncodedImages.Encode(
            3, 1, (x, _) => new SKColor(200, 100, 0, (byte)(x * 51)), alpha: SKAlphaType.Unpremul);
        var color = PlainPixels.Photograph(3, 1) with { Background = [255, 0, 100] };
        var gray = Gray(3, 1) with { Background = [255, 0, 100] };

        var tensor = PlainPixels.Run(color, file);

        Assert.Equal([255, 0, 100, 244, 20, 80, 233, 40, 60], tensor);
        // The luma of the background is 88; a fifth and two fifths of 200, 100, 0 lie on it.
        Assert.Equal([88, 94, 100], PlainPixels.Run(gray, file));
    }

    [Fact]
    public void Round_MakesBytes_AndCutsOffWhatTheKernelOvershoots()
    {
        var file = EncodedImages.Png(6, 1, 8, 0, [0, 0, 0, 255, 255, 255]);
        var input = Gray(17, 1) with { Filter = ImageFilter.Lanczos };

        var exact = PlainPixels.Run(input, file);
        var rounded = PlainPixels.Run(input with { Round = true }, file);

        Assert.True(exact.Min() < -5 && exact.Max() > 260, "Nothing overshoots.");
        Assert.Equal(exact.Select(value => Math.Clamp(MathF.Floor(value + 0.5f), 0, 255)), rounded);
    }

    [Fact]
    public void Round_WithAntialias_CutsOffBetweenTheAxesToo()
    {
        byte[] checks =
        [
            0, 255, 255, 0, 255,
            255, 255, 0, 0, 255,
            0, 0, 255, 255, 0,
            0, 255, 0, 255, 255,
            255, 0, 0, 255, 0,
        ];
        var input = Gray(7, 7) with { Filter = ImageFilter.Bicubic, Round = true };

        var tensor = PlainPixels.Run(input, EncodedImages.Png(5, 5, 8, 0, checks));

        // Pillow 9.4: Image.fromarray(checks).resize((7, 7), Image.BICUBIC)
        Assert.Equal(
            [
                0, 136, 255, 255, 46, 94, 255,
                160, 223, 229, 95, 2, 102, 255,
                212, 197, 153, 51, 61, 117, 186,
                0, 0, 62, 255, 255, 143, 0,
                0, 117, 181, 69, 208, 236, 204,
                112, 149, 124, 0, 193, 221, 160,
                255, 109, 0, 0, 214, 154, 0,
            ],
            tensor);
    }

    [Fact]
    public void Antialias_Off_ReadsTheTwoNearestPixels()
    {
        var input = Gray(2, 1) with { Antialias = false };

        var tensor = PlainPixels.Run(input, EncodedImages.Png(10, 1, 8, 0, [9, 9, 10, 9, 9, 9, 9, 60, 9, 9]));

        // The centres of the halves are the pixels 2 and 7.
        Assert.Equal([10, 60], tensor);
    }

    [Fact]
    public void Nearest_TakesThePixelAtTheCentre()
    {
        var input = Gray(5, 1) with { Filter = ImageFilter.Nearest };

        Assert.Equal([10, 30, 50, 70, 90], PlainPixels.Run(input, EncodedImages.Png(10, 1, 8, 0, Ramp.AsSpan(0, 10))));
        Assert.Equal([0, 0, 10, 20, 20], PlainPixels.Run(input, EncodedImages.Png(3, 1, 8, 0, Ramp.AsSpan(0, 3))));
    }

    [Theory]
    [InlineData(ImageFilter.Box, 0.5, 1, 1, 0)]
    [InlineData(ImageFilter.Bilinear, 1, 0.75, 0.5, 0)]
    [InlineData(ImageFilter.Hamming, 1, 0.77902, 0.34377, 0)]
    [InlineData(ImageFilter.Bicubic, 2, 0.8671875, 0.5625, -0.0625)]
    [InlineData(ImageFilter.Lanczos, 3, 0.89007, 0.60793, -0.13509)]
    public void WeightAt_EachKernel_HasItsPublishedValues(
        ImageFilter filter, double support, double quarter, double half, double threeHalves)
    {
        Assert.Equal(support, FilterKernel.SupportOf(filter));
        Assert.Equal(1, FilterKernel.WeightAt(filter, 0));
        Assert.Equal(quarter, FilterKernel.WeightAt(filter, -0.25), 5);
        Assert.Equal(half, FilterKernel.WeightAt(filter, 0.5), 5);
        Assert.Equal(threeHalves, FilterKernel.WeightAt(filter, 1.5), 5);
        Assert.Equal(0, FilterKernel.WeightAt(filter, support + 0.01), 10);
    }

    [Fact]
    public void Constructor_ContradictoryRecipe_IsRejected()
    {
        var crop = PlainPixels.Photograph(4, 4, resize: ResizeMode.Crop);
        ImageInput[] wrong =
        [
            crop with { ResizeTo = ResizeTarget.Shorter(0) },
            crop with { ResizeTo = ResizeTarget.Both(4, 65_536) },
            crop with { ResizeTo = ResizeTarget.Shorter(4), Resize = ResizeMode.Fit },
            crop with { Fill = [0, 0] },
            crop with { Fill = [0, 0, 256] },
            crop with { Fill = [0, float.NaN, 0] },
            crop with { Background = [0] },
        ];

        Assert.All(wrong, input => Assert.Throws<ArgumentException>(() => new ImagePreprocessor(input)));
    }

    private static ImageInput Gray(int width, int height) => PlainPixels.Photograph(width, height, PixelColor.Gray);

    private static SKColor Level(byte level) => new(level, level, level);

    private static SKColor Noise(int x, int y)
    {
        var hash = unchecked(((uint)x * 2_654_435_761) ^ ((uint)y * 2_246_822_519));
        hash = unchecked((hash ^ (hash >> 15)) * 2_654_435_761);
        return new SKColor((byte)(hash >> 24), (byte)(hash >> 16), (byte)(hash >> 8));
    }
}
