using System.Globalization;

namespace SoftmaxService.Inference.Models;

/// <summary>
/// What a repository knows about one version: its files as last seen, its files as last loaded or tried, and what is
/// served. Guarded by the repository's lock.
/// </summary>
internal sealed class VersionState(string name, int number, string folder)
{
    public string Name => name;

    public int Number => number;

    public string Version { get; } = number.ToString(CultureInfo.InvariantCulture);

    /// <summary>The folder of the files: <c>name/version</c>, or <c>name</c> for a model without versions.</summary>
    public string Folder { get; set; } = folder;

    public VersionFingerprint Seen { get; private set; } = VersionFingerprint.Gone;

    /// <summary>The files of the last attempt to load; null when another attempt is due in any case.</summary>
    public VersionFingerprint? Tried { get; set; }

    public LoadedVersion? Serving { get; set; }

    /// <summary>Why the last attempt failed.</summary>
    public string? Fault { get; set; }

    /// <summary>Whether the version is to be served, by the policy and by requests to unload.</summary>
    public bool IsWanted { get; set; }

    /// <summary>The load in progress: it is probed, waits for its turn, or is opened.</summary>
    public VersionLoad? Load { get; set; }

    public bool HasFailed => Fault is not null && Seen.Equals(Tried);

    public bool IsPending => IsWanted && Load is null && !Seen.IsGone && !Seen.Equals(Tried);

    /// <summary>When the files began to look as they do; null when they are taken to be complete.</summary>
    private long? SeenSince { get; set; }

    /// <summary>What the files look like now.</summary>
    public VersionFingerprint Look() => VersionFingerprint.Of(Folder, Name, Version);

    public void Note(VersionFingerprint fingerprint, long now)
    {
        if (!fingerprint.Equals(Seen))
        {
            (Seen, SeenSince) = (fingerprint, now);
        }
    }

    /// <summary>Takes the files to be complete, and with <paramref name="tryAgain"/> as not yet tried.</summary>
    public void Settle(bool tryAgain)
    {
        SeenSince = null;
        if (tryAgain)
        {
            Tried = null;
        }
    }

    /// <summary>How much longer the files must stay the same; zero once they have settled.</summary>
    public TimeSpan UntilSettled(TimeSpan settleTime, TimeProvider time) =>
        SeenSince is { } since && settleTime - time.GetElapsedTime(since) is { Ticks: > 0 } rest
            ? rest
            : TimeSpan.Zero;
}
