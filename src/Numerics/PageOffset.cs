using System.Runtime.CompilerServices;

namespace SoftmaxService.Numerics;

/// <summary>
/// A processor may take a load to depend on an earlier store that has the same offset in its page, and wait for it. So what is read soon
/// after something else was written is kept half a page away from it.
/// </summary>
internal static unsafe class PageOffset
{
    /// <summary>The room, in floats, that must be left over for <see cref="HalfAway"/> to choose a place in.</summary>
    public const int Span = Page + CacheLine;

    public const int Half = Page / 2;
    private const int Page = 1024;
    private const int CacheLine = 16;

    /// <summary>The place from <paramref name="memory"/> on, on a cache line, whose offset is half a page from another's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float* HalfAway(float* memory, float* other)
    {
        var distance = ((nint)other - (nint)memory + Half * sizeof(float)) & ((Page - 1) * sizeof(float));
        return (float*)(((nint)memory + distance + (CacheLine - 1) * sizeof(float)) & -(CacheLine * sizeof(float)));
    }
}
