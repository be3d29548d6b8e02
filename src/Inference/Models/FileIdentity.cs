using System.Globalization;
using System.Runtime.InteropServices;
using SoftmaxService.Inference.Files;

namespace SoftmaxService.Inference.Models;

/// <summary>
/// Identifies a file beyond its length and write time, which reproducible builds set alike: on Linux by its device,
/// inode and change time, which no program can set; elsewhere not at all. On file systems that give a file a new number
/// at every look (buckets mounted by FUSE, Windows shares) only the change time counts: otherwise their models would be
/// loaded again and again.
/// </summary>
internal static unsafe partial class FileIdentity
{
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
        if (FileStatus.Of(path) is not { IsRegular: true } status)
        {
            return "";
        }

        var inode = HasLastingInodes(path) ? status.Inode : 0;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{status.DeviceMajor}:{status.DeviceMinor}:{inode}:{status.ChangeSeconds}.{status.ChangeNanoseconds}");
    }

    private static bool HasLastingInodes(string path)
    {
        // struct statfs has at most 120 bytes and begins with the type of the file system, a word.
        var buffer = stackalloc nint[32];
        return ReadFileSystem(path, buffer) == 0 && (uint)buffer[0] is not (Fuse or Cifs or Smb2 or NinePlan);
    }

    [LibraryImport("libc", EntryPoint = "statfs", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ReadFileSystem(string path, nint* fileSystem);
}
