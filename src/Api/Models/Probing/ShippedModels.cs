namespace SoftmaxService.Api.Models.Probing;

/// <summary>The files of the models that ship, by their SHA-256, which the build has noted.</summary>
internal static class ShippedModels
{
    private const string ResourceName = "shipped-models.txt";

    private static readonly Lazy<HashSet<string>> Hashes = new(Read);

    /// <summary>Whether all files are among them.</summary>
    public static bool Contain(IEnumerable<string> hashes) => hashes.All(Hashes.Value.Contains);

    private static HashSet<string> Read()
    {
        using var resource = typeof(ShippedModels).Assembly.GetManifestResourceStream(ResourceName)!; // it is embedded
        using var lines = new StreamReader(resource);
        return new HashSet<string>(
            lines.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
            StringComparer.OrdinalIgnoreCase);
    }
}
