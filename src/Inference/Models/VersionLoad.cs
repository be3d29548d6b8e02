using System.Diagnostics.CodeAnalysis;

namespace SoftmaxService.Inference.Models;

/// <summary>One attempt to load a version, from the moment that it is due.</summary>
/// <param name="state">The version.</param>
[SuppressMessage(
    "Design", "CA1001:Types that own disposable fields should be disposable",
    Justification = "Its token source has neither a timer nor a wait handle, and may be told to end at any time.")]
internal sealed class VersionLoad(VersionState state)
{
    private readonly CancellationTokenSource _end = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public VersionState State => state;

    /// <summary>The files that are loaded. What comes of it counts for no others.</summary>
    public VersionFingerprint Files { get; } = state.Seen;

    /// <summary>Cancelled when nobody wants the result any more.</summary>
    public CancellationToken Token => _end.Token;

    /// <summary>Completes when the result has taken effect.</summary>
    public Task Ended => _ended.Task;

    /// <summary>
    /// Whether nobody wants the result any more, since the version was no longer to be served or its files had changed.
    /// </summary>
    public bool IsObsolete { get; set; }

    /// <summary>Whether the files are those that the version has now, as far as is known.</summary>
    public bool HasItsFiles => state.Seen.Equals(Files);

    /// <summary>Tells the load to end. The repository's lock must not be held.</summary>
    public void End() => _end.Cancel();

    public void SetEnded() => _ended.SetResult();
}
