using System.Runtime.InteropServices;

namespace SoftmaxService.Numerics.Tests;

/// <summary>
/// Memory between two inaccessible pages. Reading or writing one float beyond either end crashes the process.
/// </summary>
internal sealed unsafe partial class GuardedMemory : IDisposable
{
    private const int None = 0;
    private const int ReadWrite = 3;
    private const int PrivateAnonymousLinux = 0x22;
    private const int PrivateAnonymousMac = 0x1002;
    private const uint ReserveAndCommit = 0x3000;
    private const uint PageNoAccess = 0x01;
    private const uint PageReadWrite = 0x04;
    private const uint Release = 0x8000;

    private readonly nuint _page = (nuint)Environment.SystemPageSize;
    private readonly nuint _usable;
    private readonly byte* _start;

    public GuardedMemory(int floatCount)
    {
        _usable = ((nuint)floatCount * sizeof(float) + _page - 1) / _page * _page;
        var size = _usable + 2 * _page;
        if (OperatingSystem.IsWindows())
        {
            _start = VirtualAlloc(null, size, ReserveAndCommit, PageNoAccess);
            Require(_start is not null && VirtualProtect(_start + _page, _usable, PageReadWrite, out _) != 0);
        }
        else
        {
            _start = MemoryMap(
                null, size, None, OperatingSystem.IsMacOS() ? PrivateAnonymousMac : PrivateAnonymousLinux, -1, 0);
            Require(_start != (byte*)-1 && MemoryProtect(_start + _page, _usable, ReadWrite) == 0);
        }
    }

    /// <summary>The first floats; access before them crashes.</summary>
    public Span<float> First(int count) => new(_start + _page, count);

    /// <summary>The last floats; access after them crashes.</summary>
    public Span<float> Last(int count) => new(_start + _page + _usable - (nuint)count * sizeof(float), count);

    public void Dispose()
    {
        if (OperatingSystem.IsWindows())
        {
            _ = VirtualFree(_start, 0, Release);
        }
        else
        {
            _ = MemoryUnmap(_start, _usable + 2 * _page);
        }
    }

    private static void Require(bool done)
    {
        if (!done)
        {
            throw new InvalidOperationException("The guard pages could not be allocated.");
        }
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial byte* MemoryMap(
        void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int MemoryProtect(void* address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int MemoryUnmap(void* address, nuint length);

    [LibraryImport("kernel32")]
    private static partial byte* VirtualAlloc(void* address, nuint size, uint allocation, uint protection);

    [LibraryImport("kernel32")]
    private static partial int VirtualProtect(void* address, nuint size, uint protection, out uint before);

    [LibraryImport("kernel32")]
    private static partial int VirtualFree(void* address, nuint size, uint kind);
}
