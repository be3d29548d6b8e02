namespace SoftmaxService.Api.Models.Probing;

/// <summary>
/// Which models have passed a probe: an empty file each, named after what was judged. Only those are kept, since a
/// model that failed may pass where there is more memory or time.
/// </summary>
/// <param name="folder">The folder of the files; null to remember them in this process only.</param>
/// <param name="log">Where it says once that the folder cannot be written.</param>
internal sealed partial class ProbeCache(string? folder, ILogger log)
{
    // A file each: more of them are not needed by what is served.
    private const int MaxFiles = 1000;

    private const int KeyLength = 64;

    private readonly HashSet<string> _passed = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private bool _isTold;

    /// <summary>
    /// The folder for what programs of this user keep and could make anew; null if there is none. A folder that others
    /// may write to would let them pass a model.
    /// </summary>
    public static string? DefaultFolder()
    {
        var caches = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        if (string.IsNullOrEmpty(caches))
        {
            var special = OperatingSystem.IsLinux()
                ? Environment.SpecialFolder.UserProfile
                : Environment.SpecialFolder.LocalApplicationData;
            var home = Environment.GetFolderPath(special, Environment.SpecialFolderOption.DoNotVerify);
            caches = home.Length == 0 ? "" : OperatingSystem.IsLinux() ? Path.Combine(home, ".cache") : home;
        }

        return Path.IsPathRooted(caches) ? Path.Combine(caches, "softmax-service", "probed") : null;
    }

    public bool HasPassed(string key)
    {
        lock (_gate)
        {
            return _passed.Contains(key) || (folder is not null && File.Exists(Path.Combine(folder, key)));
        }
    }

    public void Add(string key)
    {
        lock (_gate)
        {
            _passed.Add(key);
            if (folder is null)
            {
                TellOnce("this user has no folder for caches");
                return;
            }

            try
            {
                Directory.CreateDirectory(folder);
                File.WriteAllBytes(Path.Combine(folder, key), []);
                DeleteOldest(folder);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                TellOnce(fault.Message);
            }
        }
    }

    private void TellOnce(string reason)
    {
        if (!_isTold)
        {
            _isTold = true;
            NotKept(log, reason);
        }
    }

    private static void DeleteOldest(string folder)
    {
        // Whoever names a folder of other files keeps them.
        var ours = new DirectoryInfo(folder).EnumerateFiles().Where(file =>
            file is { Length: 0, Name.Length: KeyLength } && file.Name.All(char.IsAsciiHexDigitLower));
        foreach (var file in ours.OrderByDescending(file => file.LastWriteTimeUtc).Skip(MaxFiles))
        {
            file.Delete();
        }
    }

    [LoggerMessage(
        LogLevel.Debug,
        "Which models have passed a probe cannot be kept, so the next start probes them again: {Reason}")]
    private static partial void NotKept(ILogger log, string reason);
}
