using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Files;

namespace SoftmaxService.Inference.Conventions;

/// <summary>
/// Finds the files beside a model. Only regular files are opened, and a link is followed only to a file in one of the
/// folders or in the cache of Hugging Face that one of them belongs to.
/// </summary>
/// <param name="folders">Where to look; the first folder that has a file wins.</param>
internal sealed class SidecarFolders(IReadOnlyList<string> folders)
{
    // The labels and settings of 100,000 classes are far smaller.
    private const int MaxLength = 16 << 20;

    /// <summary>The first file of this name; null where there is none.</summary>
    /// <exception cref="ConventionException">There is one that must not or cannot be read.</exception>
    public Sidecar? Find(string name)
    {
        foreach (var folder in folders)
        {
            if (FindIn(folder, name) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    /// <summary>A file that another one names, in the same folder, which is one of the folders.</summary>
    /// <inheritdoc cref="Find" path="/exception"/>
    public Sidecar? FindIn(string folder, string name)
    {
        try
        {
            var path = Path.Combine(folder, name);
            if (!File.Exists(path))
            {
                return null;
            }

            var real = RealPath.Of(path);
            if (real.Length == 0)
            {
                throw new ConventionException($"{name} is a link that leads back to itself");
            }

            return folders.Any(one => RealPath.Below(one, real) is not null || HuggingFaceCache.IsShared(one, real))
                ? new Sidecar(name, folder, Read(name, real))
                : throw new ConventionException($"{name} leads out of the model's folder; put the file itself there");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new ConventionException($"{name} cannot be read: {FileFault.Describe(fault)}", fault);
        }
    }

    private static byte[] Read(string name, string path)
    {
        try
        {
            return RegularFile.ReadAllBytes(path, MaxLength) is { Length: > 0 } content
                ? content
                : throw new ConventionException($"{name} is empty");
        }
        catch (InvalidDataException fault)
        {
            throw new ConventionException($"{name} {fault.Message}", fault);
        }
    }
}
