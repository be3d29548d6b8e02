using System.Runtime.CompilerServices;

namespace SoftmaxService.Numerics;

/// <summary>
/// A processor may assume that a load depends on an earlier store with the same offset in its page, and wait for it. So
/// memory that is read soon after a write elsewhere is placed half a page away from that write.
/// </summary>
internal static unsafe class PageOffset
{
    /// <summary>How many spare floats <see cref="HalfAway"/> needs to choose an address.</summary>
    public const int Span = Page + CacheLine;

    public const int Half = Page / 2;
    private const int Page = 1024;
    private const int CacheLine = 16;

    /// <summary>
    /// The first cache line in <paramref name="memory"/> whose offset is half a page from the other's.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float* HalfAway(float* memory, float* other)
    {
        var distance = ((nint)other - (nint)memory + Half * sizeof(float)) & ((Page - 1) * sizeof(float));
        return (float*)(((nint)memory + distance + (CacheLine - 1) * sizeof(float)) & -(CacheLine * sizeof(float)));
    }
}
