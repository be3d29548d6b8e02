namespace SoftmaxService.Inference.Models;

/// <summary>
/// Decides whether a version may be opened in this process, before it is: a file that makes ONNX Runtime crash must not
/// end the process that serves others.
/// </summary>
/// <param name="version">The version.</param>
/// <param name="cancellationToken">
/// Ends the decision: the repository closes, the files have changed, or the version is no longer to be served.
/// </param>
/// <exception cref="ModelLoadException">
/// The version must not be loaded; the message says what is wrong with it.
/// </exception>
/// <exception cref="OperationCanceledException">The decision was ended.</exception>
public delegate Task VersionProbe(ProbedVersion version, CancellationToken cancellationToken);

/// <summary>A version that is about to be loaded, for <see cref="RepositorySettings.Probe"/>.</summary>
public sealed class ProbedVersion
{
    private readonly VersionLoad _load;

    internal ProbedVersion(VersionLoad load) => _load = load;

    /// <summary>The model's name.</summary>
    public string Name => _load.State.Name;

    /// <summary>The version.</summary>
    public string Version => _load.State.Version;

    /// <summary>The folder of the files.</summary>
    public string Folder => _load.State.Folder;

    /// <summary>Whether the files are still those that were found. Otherwise they are tried again later.</summary>
    public bool IsUnchanged => _load.Files.Equals(_load.State.Look());

    /// <summary>
    /// Loads and warms up a version as a repository does, and frees it: what a process that is made for it does for a
    /// <see cref="VersionProbe"/>.
    /// </summary>
    /// <param name="folder">The folder that holds the ONNX file and perhaps <c>model.json</c>.</param>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version.</param>
    /// <param name="settings">How to run it.</param>
    /// <param name="limit">How long it may take.</param>
    /// <returns>Why it cannot be served; null if it can.</returns>
    public static string? FindFault(
        string folder, string name, string version, ModelSettings settings, TimeSpan limit)
    {
        var load = new TimedLoad(token =>
            ClassifierModel.Load(folder, name, version, settings, cancellationToken: token));
        var (model, fault) = load.RunAsync(limit, TimeProvider.System, CancellationToken.None)
            .GetAwaiter().GetResult();
        model?.Dispose();
        return load.IsLate ? VersionLoader.TookTooLong(limit) : fault?.Message;
    }

    /// <summary>
    /// Computes the SHA-256 of each file on which loading depends, by its name: the ONNX file, its external data,
    /// <c>model.json</c> and makers' files. It is written in 64 lowercase hexadecimal digits. Null if a file cannot be
    /// read, which loading then reports. Many files are read in turn, a part of each at a time, so that a large one
    /// does not hold up the others.
    /// </summary>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="OperationCanceledException">The reading was ended.</exception>
    public Task<IReadOnlyDictionary<string, string>?> HashFilesAsync(
        CancellationToken cancellationToken = default) => VersionHash.OfAsync(Folder, Name, Version, cancellationToken);
}
