using System.Runtime.InteropServices;
using SkiaSharp;

namespace SoftmaxService.HttpBenchmarks.Parts;

/// <summary>
/// SKCodec decodes an encoded grey image. Both buffers are allocated once.
/// </summary>
internal sealed unsafe class DecodePart : IDisposable
{
    private readonly byte* _encoded;
    private readonly int _length;
    private readonly byte* _pixels;
    private readonly SKImageInfo _info;

    public DecodePart(byte[] encoded)
    {
        _length = encoded.Length;
        _encoded = (byte*)NativeMemory.Alloc((nuint)_length);
        encoded.CopyTo(new Span<byte>(_encoded, _length));
        using var codec = Open();
        _info = new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Gray8, SKAlphaType.Opaque);
        _pixels = (byte*)NativeMemory.Alloc((nuint)_info.BytesSize);
    }

    public void Once()
    {
        using var codec = Open();
        if (codec.GetPixels(_info, (nint)_pixels) != SKCodecResult.Success)
        {
            throw new InvalidDataException("The image cannot be decoded.");
        }
    }

    public void Dispose()
    {
        NativeMemory.Free(_encoded);
        NativeMemory.Free(_pixels);
    }

    private SKCodec Open()
    {
        using var data = SKData.Create((nint)_encoded, _length); // The codec keeps its own reference.
        return SKCodec.Create(data) ?? throw new InvalidDataException("The image cannot be decoded.");
    }
}
