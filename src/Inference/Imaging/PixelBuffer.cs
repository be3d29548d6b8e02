using System.Runtime.InteropServices;
using SkiaSharp;

namespace SoftmaxService.Inference.Imaging;

/// <summary>
/// Decoded pixels as the file stores them, before its orientation is applied: per pixel one byte (grey) or four (red,
/// green, blue, alpha; not premultiplied), and rows without padding.
/// </summary>
/// <remarks>
/// The memory is native, so that a photograph of 160 MB is freed at once: a pool would keep it, and the large object
/// heap would wait for a full collection.
/// </remarks>
internal sealed unsafe class PixelBuffer : IDisposable
{
    // A guard around the pixels reveals a decoder that writes too much; it is at least as wide as a vector register.
    private const int MinGuard = 64;
    private const byte GuardByte = 0x5A;

    private readonly int _guard;
    private byte* _pixels;

    /// <param name="width">Pixels per row.</param>
    /// <param name="height">Rows.</param>
    /// <param name="channels">1 or 4.</param>
    /// <param name="isOpaque">Whether every pixel's alpha is 255, or there is none.</param>
    /// <param name="origin">How to turn the picture upright.</param>
    /// <param name="spare">
    /// Bytes after the pixels that a faulty decoder might overwrite; they are part of the guard.
    /// </param>
    public PixelBuffer(int width, int height, int channels, bool isOpaque, SKEncodedOrigin origin, int spare = 0)
    {
        Width = width;
        Height = height;
        Channels = channels;
        IsOpaque = isOpaque;
        Origin = origin;
        _guard = MinGuard + spare;
        _pixels = (byte*)NativeMemory.Alloc((nuint)(MinGuard + Length + _guard)) + MinGuard;
        GuardBefore.Fill(GuardByte);
        GuardBehind.Fill(GuardByte);
    }

    ~PixelBuffer() => Free();

    public int Width { get; }

    public int Height { get; }

    public int Channels { get; private set; }

    public bool IsOpaque { get; private set; }

    public SKEncodedOrigin Origin { get; }

    public int RowLength => Width * Channels;

    public byte* Pointer => _pixels;

    public ReadOnlySpan<byte> Pixels => new(_pixels, checked(Height * RowLength));

    public Span<byte> Row(int y) => new(_pixels + ((long)y * RowLength), RowLength);

    /// <summary>Some rows, or those of them that there are.</summary>
    public Span<byte> Rows(int y, int count) =>
        new(_pixels + ((long)y * RowLength), RowLength * Math.Min(count, Height - y));

    private long Length => (long)Height * RowLength;

    private Span<byte> GuardBefore => new(_pixels - MinGuard, MinGuard);

    private Span<byte> GuardBehind => new(_pixels + Length, _guard);

    /// <summary>Whether nothing was written around the pixels. Only valid before they are converted to grey.</summary>
    /// <remarks>
    /// What was written into the guard has done no harm, and the picture can be rejected. If the outermost bytes of the
    /// guard changed, other memory may have changed too: a process that continues might answer wrongly or run an
    /// attacker's code.
    /// </remarks>
    public bool IsGuardIntact()
    {
        if (!GuardBefore.ContainsAnyExcept(GuardByte) && !GuardBehind.ContainsAnyExcept(GuardByte))
        {
            return true;
        }

        const int Outermost = 16;
        if (GuardBefore[..Outermost].ContainsAnyExcept(GuardByte)
            || GuardBehind[^Outermost..].ContainsAnyExcept(GuardByte))
        {
            Environment.FailFast(
                $"The image decoder wrote beyond the {Width} × {Height} pixels that it was given, and beyond their "
                + "guard.");
        }

        return false;
    }

    /// <summary>Lays transparent pixels on a colour: red, green, blue.</summary>
    public void CompositeOn(ReadOnlySpan<byte> ground)
    {
        if (IsOpaque)
        {
            return;
        }

        for (var y = 0; y < Height; y++)
        {
            Composite(Row(y), ground[0], ground[1], ground[2]);
        }

        IsOpaque = true;
    }

    /// <summary>Converts to grey in place; transparent pixels show <paramref name="ground"/>.</summary>
    public void CompositeToGray(byte ground)
    {
        if (Channels == 1)
        {
            return;
        }

        for (var y = 0; y < Height; y++)
        {
            // In place: a row of grey never begins after its source row.
            var row = Row(y);
            if (!IsOpaque)
            {
                Composite(row, ground, ground, ground);
            }

            Luma.FromRgb(MemoryMarshal.Cast<byte, uint>(row), new Span<byte>(_pixels + ((long)y * Width), Width));
        }

        Channels = 1;
        IsOpaque = true;
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.Free(_pixels is null ? null : _pixels - MinGuard);
        _pixels = null;
    }

    private static void Composite(Span<byte> row, byte red, byte green, byte blue)
    {
        for (var i = 0; i + 3 < row.Length; i += 4)
        {
            int alpha = row[i + 3];
            row[i] = Composite(row[i], alpha, red);
            row[i + 1] = Composite(row[i + 1], alpha, green);
            row[i + 2] = Composite(row[i + 2], alpha, blue);
            row[i + 3] = 255;
        }
    }

    private static byte Composite(int value, int alpha, int ground) =>
        (byte)(((value * alpha) + (ground * (255 - alpha)) + 127) / 255);
}
