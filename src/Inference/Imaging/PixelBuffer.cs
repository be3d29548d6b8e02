using System.Runtime.InteropServices;
using SkiaSharp;

namespace SoftmaxService.Inference.Imaging;

/// <summary>
/// Decoded pixels as the file stores them, before its orientation is applied: one byte (grey) or four (red, green, blue, alpha, not
/// premultiplied) a pixel, rows without padding.
/// </summary>
/// <remarks>
/// The memory is native, so that a photograph of 160 MB goes back at once: a pool would keep it and the large object heap would wait for a full collection.
/// </remarks>
internal sealed unsafe class PixelBuffer : IDisposable
{
    private byte* _pixels;

    public PixelBuffer(int width, int height, int channels, bool isOpaque, SKEncodedOrigin origin)
    {
        Width = width;
        Height = height;
        Channels = channels;
        IsOpaque = isOpaque;
        Origin = origin;
        _pixels = (byte*)NativeMemory.Alloc((nuint)width * (nuint)height, (nuint)channels);
    }

    ~PixelBuffer() => NativeMemory.Free(_pixels);

    public int Width { get; }

    public int Height { get; }

    public int Channels { get; private set; }

    public bool IsOpaque { get; private set; }

    public SKEncodedOrigin Origin { get; }

    public int RowLength => Width * Channels;

    public byte* Pointer => _pixels;

    public ReadOnlySpan<byte> Pixels => new(_pixels, checked(Height * RowLength));

    public Span<byte> Row(int y) => new(_pixels + ((long)y * RowLength), RowLength);

    public void CompositeOnWhite()
    {
        if (IsOpaque)
            return;

        for (var y = 0; y < Height; y++)
        {
            var row = Row(y);
            for (var i = 0; i + 3 < row.Length; i += 4)
            {
                int alpha = row[i + 3];
                row[i] = Composite(row[i], alpha, 255);
                row[i + 1] = Composite(row[i + 1], alpha, 255);
                row[i + 2] = Composite(row[i + 2], alpha, 255);
                row[i + 3] = 255;
            }
        }

        IsOpaque = true;
    }

    /// <summary>Becomes grey in place: pixels with alpha are laid on <paramref name="ground"/>.</summary>
    public void CompositeToGray(byte ground)
    {
        if (Channels == 1)
            return;

        var count = (long)Width * Height;
        var source = _pixels;
        if (IsOpaque)
        {
            for (long i = 0; i < count; i++, source += 4)
                _pixels[i] = Luma.FromRgb(source[0], source[1], source[2]);
        }
        else
        {
            for (long i = 0; i < count; i++, source += 4)
                _pixels[i] = Composite(Luma.FromRgb(source[0], source[1], source[2]), source[3], ground);
        }

        Channels = 1;
        IsOpaque = true;
    }

    public void Dispose()
    {
        NativeMemory.Free(_pixels);
        _pixels = null;
        GC.SuppressFinalize(this);
    }

    private static byte Composite(int value, int alpha, int ground) => (byte)(((value * alpha) + (ground * (255 - alpha)) + 127) / 255);
}
