namespace SoftmaxService.Inference.Imaging;

/// <summary>
/// What decoding a file takes at most, told from its header: how much memory the decoder allocates beside the pixels,
/// and how long it computes. Both were measured for the worst files of each kind and rounded up; a file may take far
/// less.
/// </summary>
/// <param name="WorkingBytes">The decoder's own memory.</param>
/// <param name="Milliseconds">On one core of a current server.</param>
internal readonly record struct DecodeCost(long WorkingBytes, double Milliseconds)
{
    private const double JpegNanoseconds = 10;
    private const double JpegCoefficientNanoseconds = 5;
    private const double JpegScanNanoseconds = 2;
    private const double JpegDrawnNanoseconds = 75;
    private const double PngNanoseconds = 30;
    private const double PngProfileNanoseconds = 45;
    private const double WebPNanoseconds = 110;
    private const double GifNanoseconds = 50;
    private const double BitmapNanoseconds = 55;

    // A lossless WebP's own picture, and what its codes take beside that.
    private const int WebPBytes = 5;

    /// <summary>As many megapixels of a plain JPEG take as long.</summary>
    public double Megapixels => Milliseconds / JpegNanoseconds;

    /// <summary>
    /// A progressive JPEG keeps the coefficients of the whole picture, two bytes each, and every scan passes over them.
    /// </summary>
    public static DecodeCost OfJpeg(long pixels, int components, int scans, bool isProgressive) => new(
        isProgressive ? sizeof(short) * components * pixels : 0,
        TimeFor(
            pixels,
            JpegNanoseconds
                + (isProgressive ? (JpegCoefficientNanoseconds * components) + (JpegScanNanoseconds * scans) : 0)));

    /// <summary>
    /// What a JPEG takes more for the pixels that it is decoded to, which are converted to sRGB. They may be far fewer
    /// than those that it stores.
    /// </summary>
    public static double MillisecondsToDrawJpeg(long drawnPixels) => TimeFor(drawnPixels, JpegDrawnNanoseconds);

    /// <summary>
    /// An interlaced PNG is kept whole, as it is stored, until its last pass. That, and pixels of more than 32 bits,
    /// each take as long again; a profile takes one and a half times as long.
    /// </summary>
    public static DecodeCost OfPng(long pixels, int bitsAPixel, bool isInterlaced, bool hasProfile) => new(
        isInterlaced ? Math.Max(sizeof(uint), bitsAPixel / 8) * pixels : 0,
        TimeFor(
            pixels,
            (PngNanoseconds * (1 + (isInterlaced ? 1 : 0) + (bitsAPixel > 32 ? 1 : 0)))
                + (hasProfile ? PngProfileNanoseconds : 0)));

    /// <summary>A lossless WebP is kept whole, and so is a frame that does not fill its canvas.</summary>
    public static DecodeCost OfWebP(long pixels) => new(WebPBytes * pixels, TimeFor(pixels, WebPNanoseconds));

    /// <summary>A GIF's frame is drawn into a picture of its own.</summary>
    public static DecodeCost OfGif(long pixels) => new(sizeof(uint) * pixels, TimeFor(pixels, GifNanoseconds));

    /// <summary>BMP, and the bitmaps of icons.</summary>
    public static DecodeCost OfBitmap(long pixels) => new(0, TimeFor(pixels, BitmapNanoseconds));

    private static double TimeFor(long pixels, double nanoseconds) => pixels * nanoseconds / 1e6;
}
