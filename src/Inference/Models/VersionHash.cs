using System.Globalization;
using System.Security.Cryptography;
using SoftmaxService.Inference.Conventions;
using SoftmaxService.Inference.Files;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Models;

/// <summary>What the files hold that are read when a version is loaded, as hashes.</summary>
internal static class VersionHash
{
    private const int BufferBytes = 1 << 18;

    // What is read of a file before others have their turn.
    private const int BuffersPerTurn = 16;

    // One core of two, as for all that takes long. Whoever waits is served in order.
    private static readonly SemaphoreSlim Turns = new(Math.Max(1, Environment.ProcessorCount / 2));

    /// <summary>
    /// The hash of each file by its name. Names of makers' files begin with the number of their folder in the order in
    /// which it is searched. Null if a file cannot be read.
    /// </summary>
    public static async Task<IReadOnlyDictionary<string, string>?> OfAsync(
        string folder, string name, string version, CancellationToken cancellationToken)
    {
        try
        {
            var hashes = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var file in FilesOf(folder, name, version))
            {
                hashes.Add(file.Name, await HashAsync(file.Path, cancellationToken).ConfigureAwait(false));
            }

            return hashes;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException
            or InvalidDataException)
        {
            return null;
        }
    }

    private static IEnumerable<(string Name, string Path)> FilesOf(string folder, string name, string version)
    {
        var manifest = Path.Combine(folder, ModelManifest.FileName);
        if (Path.Exists(manifest))
        {
            yield return (ModelManifest.FileName, manifest);
        }

        var model = ModelFiles.Find(folder) is { } found ? Path.Combine(folder, found) : null;
        if (model is not null)
        {
            yield return ($"model/{Path.GetFileName(model)}", model);
            foreach (var (external, path) in ExternalFiles.Of(model))
            {
                yield return ($"data/{external}", path);
            }
        }

        foreach (var (index, place) in ModelFolders.Of(folder, name, version, model).Index())
        {
            foreach (var path in Directory.Exists(place) ? Directory.EnumerateFiles(place) : [])
            {
                var file = Path.GetFileName(path);
                if (ModelConventions.MayRead(file) && !file.StartsWith('.') && path != manifest)
                {
                    yield return (string.Create(CultureInfo.InvariantCulture, $"{index}/{file}"), path);
                }
            }
        }
    }

    private static async Task<string> HashAsync(string path, CancellationToken cancellationToken)
    {
        using var file = RegularFile.OpenRead(path);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[BufferBytes];
        for (var hasMore = true; hasMore;)
        {
            await Turns.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                hasMore = AppendPart();
            }
            finally
            {
                Turns.Release();
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());

        bool AppendPart()
        {
            for (var count = 0; count < BuffersPerTurn; count++)
            {
                if (file.Read(buffer) is not (> 0 and var read))
                {
                    return false;
                }

                hash.AppendData(buffer, 0, read);
            }

            return true;
        }
    }
}
