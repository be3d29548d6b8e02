using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SoftmaxService.Inference.Files;

/// <summary>
/// The kernel's <c>struct statx</c>, the same on every processor: what Linux says about a file. Other systems say
/// nothing here.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal readonly unsafe partial struct FileStatus
{
    // From <fcntl.h> and <linux/stat.h>: paths are relative to the current folder, links are followed, and type, inode
    // and change time are requested.
    private const int CurrentFolder = -100;
    private const int FollowLinks = 0;
    private const int TheHandleItself = 0x1000; // AT_EMPTY_PATH
    private const uint TypeInodeAndChangeTime = 0x181;

    private const int TypeBits = 0xF000;
    private const int Pipe = 0x1000;
    private const int CharacterDevice = 0x2000;
    private const int Folder = 0x4000;
    private const int BlockDevice = 0x6000;
    private const int Regular = 0x8000;
    private const int Socket = 0xC000;

    [FieldOffset(0x1C)]
    private readonly ushort _mode;

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

    public bool IsRegular => (_mode & TypeBits) == Regular;

    /// <summary>What kind of file it is, in words.</summary>
    public string KindName => (_mode & TypeBits) switch
    {
        Pipe => "a named pipe",
        Socket => "a socket",
        Folder => "a folder",
        CharacterDevice or BlockDevice => "a device",
        Regular => "a regular file",
        _ => "a file of an unknown kind",
    };

    /// <summary>
    /// The status of the file to which a path leads, with all links followed; null where there is none, or where the
    /// system does not say.
    /// </summary>
    public static FileStatus? Of(string path) => Read(CurrentFolder, path, FollowLinks);

    /// <summary>The status of an opened file; null where the system does not say.</summary>
    public static FileStatus? Of(SafeFileHandle handle)
    {
        var isAdded = false;
        try
        {
            handle.DangerousAddRef(ref isAdded);
            return Read((int)handle.DangerousGetHandle(), "", TheHandleItself);
        }
        finally
        {
            if (isAdded)
            {
                handle.DangerousRelease();
            }
        }
    }

    private static FileStatus? Read(int folder, string path, int flags)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        try
        {
            FileStatus status;
            return Read(folder, path, flags, TypeInodeAndChangeTime, &status) == 0 ? status : null;
        }
        catch (EntryPointNotFoundException)
        {
            return null; // a C library from before 2018
        }
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Read(int folder, string path, int flags, uint mask, FileStatus* status);
}
