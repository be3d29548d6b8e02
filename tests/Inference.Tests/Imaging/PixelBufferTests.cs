using SkiaSharp;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Inference.Tests.Imaging;

public sealed unsafe class PixelBufferTests
{
    [Theory]
    [InlineData(0, true)]
    [InlineData((5 * 3 * 4) - 1, true)]
    [InlineData(-1, false)]
    [InlineData(5 * 3 * 4, false)]
    [InlineData((5 * 3 * 4) + 40, false)]
    public void IsGuardIntact_AfterAWrite_IsFalseIfItWasOutsideThePixels(int offset, bool isWithin)
    {
        using var pixels = new PixelBuffer(5, 3, 4, isOpaque: true, SKEncodedOrigin.TopLeft);
        Assert.True(pixels.IsGuardIntact());

        pixels.Pointer[offset] = 1;

        Assert.Equal(isWithin, pixels.IsGuardIntact());
    }

    [Fact]
    public void IsGuardIntact_AfterAWholeRowTooMuch_HasTakenIt()
    {
        const int StoredRow = 100;
        using var pixels = new PixelBuffer(5, 3, 1, isOpaque: true, SKEncodedOrigin.TopLeft, spare: StoredRow);

        new Span<byte>(pixels.Pointer + (2 * 5), StoredRow).Fill(7);

        Assert.False(pixels.IsGuardIntact());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(33)]
    [InlineData(100)]
    public void CompositeToGray_EveryWidth_RoundsAsPillowDoes(int width)
    {
        const int Height = 3;
        using var pixels = new PixelBuffer(width, Height, 4, isOpaque: true, SKEncodedOrigin.TopLeft);
        var random = new Random(width);
        var colors = new byte[4 * width * Height];
        random.NextBytes(colors);
        colors.CopyTo(new Span<byte>(pixels.Pointer, colors.Length));

        pixels.CompositeToGray(ground: 255);

        for (var i = 0; i < width * Height; i++)
        {
            var (red, green, blue) = (colors[4 * i], colors[(4 * i) + 1], colors[(4 * i) + 2]);
            Assert.Equal(((red * 19595) + (green * 38470) + (blue * 7471) + 32768) >> 16, pixels.Pixels[i]);
        }
    }

    [Fact]
    public void CompositeToGray_TransparentColor_IsLaidOnTheGroundFirst()
    {
        using var pixels = new PixelBuffer(2, 1, 4, isOpaque: false, SKEncodedOrigin.TopLeft);
        new byte[] { 255, 0, 0, 51, 0, 255, 0, 0 }.CopyTo(new Span<byte>(pixels.Pointer, 8));

        pixels.CompositeToGray(ground: 255);

        // A fifth of red on white is 255, 204, 204.
        Assert.Equal([219, 255], pixels.Pixels.ToArray());
    }
}
