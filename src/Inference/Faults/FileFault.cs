namespace SoftmaxService.Inference.Faults;

/// <summary>
/// Says why a file could not be read or written. The framework's own messages contain full paths and the words of its
/// API.
/// </summary>
internal static class FileFault
{
    // ENOSPC, and Windows' ERROR_DISK_FULL and ERROR_HANDLE_DISK_FULL.
    private const int UnixDiskFull = 28;
    private const int WindowsDiskFull = unchecked((int)0x80070070);
    private const int WindowsHandleDiskFull = unchecked((int)0x80070027);

    public static string Describe(Exception exception) => exception switch
    {
        UnauthorizedAccessException => "access is denied; the service's user needs the right to read it",
        FileNotFoundException or DirectoryNotFoundException => "a file or folder is not there any more",
        PathTooLongException => "a path is too long for the system",
        EndOfStreamException => "a file ends too early",
        { HResult: UnixDiskFull or WindowsDiskFull or WindowsHandleDiskFull } => "the disk is full",
        _ => $"the system reports an input/output error (code {exception.HResult & 0xFFFF})",
    };
}
