namespace SoftmaxService.Api.Models.Probing;

/// <summary>
/// The folder for temporary files of a probe's process. When that process is ended, it cannot delete the copy of a
/// model's external data by itself.
/// </summary>
internal sealed class ProbeFolder : IDisposable
{
    public ProbeFolder()
    {
        try
        {
            Path = Directory.CreateTempSubdirectory("softmax-probe-").FullName;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // Most models need no copy; for one that does, the probe says so.
        }
    }

    /// <summary>The folder; null where none can be made.</summary>
    public string? Path { get; }

    /// <summary>Deletes a folder that was made here, wherever that was.</summary>
    public static void Delete(string? path)
    {
        try
        {
            if (path is not null)
            {
                Directory.Delete(path, recursive: true);
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // Windows may still hold a file of a process that was just ended.
        }
    }

    public void Dispose() => Delete(Path);
}
