using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SoftmaxService.Inference.Files;

/// <summary>
/// Opens files that a stranger has put into a folder, if they are regular ones. Opening a named pipe waits for its
/// writer, for ever if there is none; a device may never end. On Unix the file is opened without waiting, and the
/// opened file is looked at: between a look at a path and its opening, another file may take its place.
/// </summary>
internal static partial class RegularFile
{
    // From <fcntl.h>; reading is 0 everywhere.
    private const int LinuxNonBlocking = 0x800;
    private const int LinuxCloseOnExec = 0x80000;
    private const int MacNonBlocking = 0x4;
    private const int MacCloseOnExec = 0x1000000;

    // From <errno.h>: a socket cannot be opened, nor can a device that no driver serves.
    private const int NoSuchEntry = 2;
    private const int NoDriver = 6;
    private const int NoAccess = 13;
    private const int NoDevice = 19;
    private const int NotSupportedOnLinux = 95;
    private const int NotSupportedOnMac = 102;

    /// <summary>Opens a file for reading. Links are followed.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">
    /// It is not a regular file. The message begins with a verb and says what it is.
    /// </exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be read.</exception>
    public static FileStream OpenRead(string path)
    {
        var handle = Open(path);
        try
        {
            if (FileStatus.Of(handle) is { IsRegular: false } status)
            {
                throw NotRegular(status.KindName);
            }

            var file = new FileStream(handle, FileAccess.Read, bufferSize: 0);
            if (file.CanSeek)
            {
                return file;
            }

            file.Dispose();
            throw NotRegular("a pipe, a socket or a device"); // where the system does not say which
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Reads a whole file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxLength">The most bytes that it may have.</param>
    /// <exception cref="InvalidDataException">
    /// It is larger, or not a regular file. The message begins with a verb.
    /// </exception>
    /// <inheritdoc cref="OpenRead"/>
    public static byte[] ReadAllBytes(string path, int maxLength)
    {
        using var file = OpenRead(path);
        var length = file.Length;
        if (length > maxLength)
        {
            throw new InvalidDataException(string.Create(
                CultureInfo.InvariantCulture, $"has {length} bytes; files of up to {maxLength} are read"));
        }

        // The files of /proc have no length either, and a file may grow meanwhile.
        var content = new byte[length];
        var read = file.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
        return content[..read];
    }

    /// <summary>Copies a regular file to a path where there is none.</summary>
    /// <inheritdoc cref="OpenRead"/>
    public static void Copy(string path, string target)
    {
        using var source = OpenRead(path);
        using var copy = new FileStream(target, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        source.CopyTo(copy, CopyBufferSize);
    }

    private const int CopyBufferSize = 1 << 20;

    private static SafeFileHandle Open(string path)
    {
        var flags = OperatingSystem.IsLinux() ? LinuxNonBlocking | LinuxCloseOnExec
            : OperatingSystem.IsMacOS() ? MacNonBlocking | MacCloseOnExec
            : 0;
        if (flags == 0)
        {
            return File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
        }

        var handle = OpenFile(path, flags);
        if (!handle.IsInvalid)
        {
            return handle;
        }

        var error = Marshal.GetLastPInvokeError();
        handle.Dispose();
        throw error switch
        {
            NoDriver or NoDevice or NotSupportedOnLinux or NotSupportedOnMac =>
                NotRegular("a socket, or a device that cannot be read"),
            NoSuchEntry => new FileNotFoundException("There is no such file.", path),
            NoAccess => new UnauthorizedAccessException("Access to the file is denied."),
            _ => new IOException("The file cannot be opened.", error),
        };
    }

    private static InvalidDataException NotRegular(string kind) => new($"is {kind}, not a regular file");

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial SafeFileHandle OpenFile(string path, int flags);
}
