using System.Buffers.Binary;

namespace SoftmaxService.Inference.Imaging;

/// <summary>A GIF's size (its screen, extended by its first frame if that is larger) and its first frame.</summary>
internal readonly ref struct GifStructure
{
    private const int ScreenDescriptorLength = 13;
    private const int ImageDescriptorLength = 10;
    private const byte ImageSeparator = 0x2C;
    private const byte ExtensionIntroducer = 0x21;
    private const byte GraphicControl = 0xF9;

    private readonly ReadOnlySpan<byte> _screenColors;
    private readonly ReadOnlySpan<byte> _frame;
    private readonly bool _hasTransparentColor;

    private GifStructure(
        ReadOnlySpan<byte> screen, ReadOnlySpan<byte> screenColors, ReadOnlySpan<byte> frame, bool hasTransparentColor)
    {
        Width = BinaryPrimitives.ReadUInt16LittleEndian(screen[6..]);
        Height = BinaryPrimitives.ReadUInt16LittleEndian(screen[8..]);
        _screenColors = screenColors;
        _frame = frame;
        _hasTransparentColor = hasTransparentColor;
        if (!frame.IsEmpty)
        {
            Width = Math.Max(Width, FrameLeft + FrameWidth);
            Height = Math.Max(Height, FrameTop + FrameHeight);
        }
    }

    public int Width { get; }

    public int Height { get; }

    private int FrameLeft => BinaryPrimitives.ReadUInt16LittleEndian(_frame[1..]);

    private int FrameTop => BinaryPrimitives.ReadUInt16LittleEndian(_frame[3..]);

    private int FrameWidth => BinaryPrimitives.ReadUInt16LittleEndian(_frame[5..]);

    private int FrameHeight => BinaryPrimitives.ReadUInt16LittleEndian(_frame[7..]);

    /// <summary>Reads a file that begins with GIF's signature.</summary>
    public static bool TryRead(ReadOnlySpan<byte> gif, out GifStructure structure)
    {
        structure = default;
        if (gif.Length < ScreenDescriptorLength)
        {
            return false;
        }

        var blocks = gif[ScreenDescriptorLength..];
        var colors = blocks[..Math.Min(blocks.Length, PaletteLength(gif[10]))];
        var frame = FindFirstFrame(blocks[colors.Length..], out var hasTransparentColor);
        structure = new GifStructure(gif[..ScreenDescriptorLength], colors, frame, hasTransparentColor);
        return true;
    }

    /// <summary>
    /// Fills the part of the screen outside the first frame with the first colour of its palette, as Pillow does. A
    /// frame with a transparent colour leaves that part transparent.
    /// </summary>
    public void FillAroundFrame(PixelBuffer pixels)
    {
        if (_frame.IsEmpty || _hasTransparentColor)
        {
            return;
        }

        var colors = _frame[ImageDescriptorLength..];
        colors = PaletteLength(_frame[9]) > 0 ? colors : _screenColors;
        ReadOnlySpan<byte> color = colors.Length < 3 ? [0, 0, 0, 255] : [colors[0], colors[1], colors[2], 255];
        for (var y = 0; y < pixels.Height; y++)
        {
            var row = pixels.Row(y);
            if (y < FrameTop || y >= FrameTop + FrameHeight)
            {
                Fill(row, color);
                continue;
            }

            Fill(row[..(4 * FrameLeft)], color);
            Fill(row[(4 * (FrameLeft + FrameWidth))..], color);
        }
    }

    private static void Fill(Span<byte> row, ReadOnlySpan<byte> color)
    {
        for (; !row.IsEmpty; row = row[color.Length..])
        {
            color.CopyTo(row);
        }
    }

    // The first frame may be preceded by extensions: each a label and blocks with a length byte, up to one of length 0.
    private static ReadOnlySpan<byte> FindFirstFrame(ReadOnlySpan<byte> blocks, out bool hasTransparentColor)
    {
        hasTransparentColor = false;
        while (blocks.Length >= ImageDescriptorLength && blocks[0] != ImageSeparator)
        {
            if (blocks[0] != ExtensionIntroducer)
            {
                return default;
            }

            if (blocks[1] == GraphicControl)
            {
                hasTransparentColor = (blocks[3] & 1) != 0;
            }

            blocks = blocks[2..];
            while (!blocks.IsEmpty && blocks[0] != 0)
            {
                blocks = blocks[Math.Min(blocks.Length, 1 + blocks[0])..];
            }

            blocks = blocks.IsEmpty ? blocks : blocks[1..];
        }

        return blocks.Length < ImageDescriptorLength ? default : blocks;
    }

    private static int PaletteLength(byte flags) => (flags & 0x80) != 0 ? 3 << ((flags & 7) + 1) : 0;
}
