namespace SoftmaxService.Cli.Manifests;

/// <summary>
/// Replaces files so that a reader, and a run that is stopped, only ever sees the old file or the new one: each is
/// written to a temporary file and renamed.
/// </summary>
internal static class FileReplacement
{
    /// <summary>Writes all, then replaces all in the order given; when writing fails nothing is replaced.</summary>
    public static void WriteAll(
        CancellationToken cancellationToken,
        params IReadOnlyList<(string Path, byte[] Content)> files)
    {
        var written = new List<(string Temporary, string Path)>();
        try
        {
            foreach (var (path, content) in files)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var target =
                    (File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName : null)
                    ?? path;
                var temporary = $"{target}.{Guid.NewGuid():N}.tmp";
                written.Add((temporary, target));
                using var file = new FileStream(temporary, OptionsFor(target));
                file.Write(content);
                file.Flush(flushToDisk: true);
            }

            cancellationToken.ThrowIfCancellationRequested();
            foreach (var (temporary, path) in written)
            {
                File.Move(temporary, path, overwrite: true);
            }
        }
        finally
        {
            foreach (var (temporary, _) in written)
            {
                File.Delete(temporary);
            }
        }
    }

    /// <summary>Who may read the file that is replaced may read the new one, and nobody else.</summary>
    private static FileStreamOptions OptionsFor(string target)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows() && File.Exists(target))
        {
            options.UnixCreateMode = File.GetUnixFileMode(target);
        }

        return options;
    }
}
