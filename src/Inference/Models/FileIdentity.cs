using System.Globalization;
using System.Runtime.InteropServices;

namespace SoftmaxService.Inference.Models;

/// <summary>
/// Identifies a file beyond its length and write time, which reproducible builds set alike: on Linux by its device,
/// inode and change time, which no program can set; elsewhere not at all. On file systems that give a file a new number
/// at every look (buckets mounted by FUSE, Windows shares) only the change time counts: otherwise their models would be
/// loaded again and again.
/// </summary>
internal static unsafe partial class FileIdentity
{
    // From <fcntl.h> and <linux/stat.h>: paths are relative to the current folder, links are followed, and type, inode
    // and change time are requested.
    private const int CurrentFolder = -100;
    private const int FollowLinks = 0;
    private const uint TypeInodeAndChangeTime = 0x181;
    private const int TypeBits = 0xF000;
    private const int RegularFile = 0x8000;

    // From <linux/magic.h> and statfs(2).
    private const uint Fuse = 0x65735546;
    private const uint Cifs = 0xFF534D42;
    private const uint Smb2 = 0xFE534D42;
    private const uint NinePlan = 0x01021997;

    /// <summary>
    /// The identity of the file to which a path leads, with all links followed; empty if the system has none, or if it
    /// is not a regular file.
    /// </summary>
    public static string Of(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return "";
        }

        try
        {
            Status status;
            if (Read(CurrentFolder, path, FollowLinks, TypeInodeAndChangeTime, &status) != 0
                || (status.Mode & TypeBits) != RegularFile)
            {
                return "";
            }

            var inode = HasLastingInodes(path) ? status.Inode : 0;
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{status.DeviceMajor}:{status.DeviceMinor}:{inode}:{status.ChangeSeconds}.{status.ChangeNanoseconds}");
        }
        catch (EntryPointNotFoundException)
        {
            return ""; // a C library from before 2018
        }
    }

    private static bool HasLastingInodes(string path)
    {
        // struct statfs has at most 120 bytes and begins with the type of the file system, a word.
        var buffer = stackalloc nint[32];
        return ReadFileSystem(path, buffer) == 0 && (uint)buffer[0] is not (Fuse or Cifs or Smb2 or NinePlan);
    }

    [LibraryImport("libc", EntryPoint = "statfs", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ReadFileSystem(string path, nint* fileSystem);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Read(int folder, string path, int flags, uint mask, Status* status);

    /// <summary>The kernel's <c>struct statx</c>, the same on every processor.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private readonly struct Status
    {
        [FieldOffset(0x1C)]
        public readonly ushort Mode;

        [FieldOffset(0x20)]
        public readonly ulong Inode;

        [FieldOffset(0x60)]
        public readonly long ChangeSeconds;

        [FieldOffset(0x68)]
        public readonly uint ChangeNanoseconds;

        [FieldOffset(0x88)]
        public readonly uint DeviceMajor;

        [FieldOffset(0x8C)]
        public readonly uint DeviceMinor;
    }
}
