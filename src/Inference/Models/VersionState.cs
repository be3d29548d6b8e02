using System.Globalization;

namespace SoftmaxService.Inference.Models;

/// <summary>What a repository knows of one version: its files as last seen, as last tried, and what is served of it. Guarded by the repository.</summary>
internal sealed class VersionState(string name, int number, string folder)
{
    public string Name => name;

    public int Number => number;

    public string Version { get; } = number.ToString(CultureInfo.InvariantCulture);

    public string Folder => folder;

    public VersionFingerprint Seen { get; private set; } = VersionFingerprint.Gone;

    /// <summary>The files of the last attempt to load; null when another attempt is due in any case.</summary>
    public VersionFingerprint? Tried { get; set; }

    public LoadedVersion? Serving { get; set; }

    /// <summary>Why the last attempt failed.</summary>
    public string? Fault { get; set; }

    /// <summary>Whether the policy, and who unloads by name, want it served.</summary>
    public bool IsWanted { get; set; }

    public bool IsLoading { get; set; }

    public bool HasFailed => Fault is not null && Seen.Equals(Tried);

    public bool IsPending => IsWanted && !IsLoading && !Seen.IsGone && !Seen.Equals(Tried);

    /// <summary>Since when the files have looked as they do; null when they are taken for complete.</summary>
    private long? SeenSince { get; set; }

    public void Note(VersionFingerprint fingerprint, long now)
    {
        if (!fingerprint.Equals(Seen))
            (Seen, SeenSince) = (fingerprint, now);
    }

    /// <summary>Takes the files for complete, and loads them even if they are those that were tried.</summary>
    public void Settle(bool tryAgain)
    {
        SeenSince = null;
        if (tryAgain)
            Tried = null;
    }

    /// <summary>How long the files have yet to stay as they are.</summary>
    public TimeSpan Unsettled(TimeSpan settleTime, TimeProvider time) =>
        SeenSince is { } since && settleTime - time.GetElapsedTime(since) is { Ticks: > 0 } rest ? rest : TimeSpan.Zero;
}
