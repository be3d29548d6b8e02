using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.IO.Hashing;
using System.Text;

namespace SoftmaxService.Api.Page;

/// <summary>
/// The files of the page, embedded in the assembly: the native binary is then the whole service, while MapStaticAssets
/// would need a folder and a manifest beside it. All files but the page itself are served under a hash of all files.
/// Browsers may keep them forever, and never run files of two versions together.
/// </summary>
internal sealed class PageAssets
{
    public const string Folder = "assets";

    private const string IndexName = "index.html";
    private const string ResourceFolder = "wwwroot/";

    // The page has this in the addresses of its files.
    private const string Placeholder = "{{assets}}";
    private const int HashBytes = 8;

    private readonly Dictionary<string, PageAsset> _others;

    /// <param name="files">Names, with slashes between folders, and contents; one is <c>index.html</c>.</param>
    public PageAssets(IReadOnlyDictionary<string, byte[]> files)
    {
        Hash = HashOf(files);

        // Relative, so that a proxy may serve the page below a prefix.
        Index = new PageAsset(
            IndexName,
            Encoding.UTF8.GetBytes(
                Encoding.UTF8.GetString(files[IndexName]).Replace(
                    Placeholder,
                    $"{Folder}/{Hash}",
                    StringComparison.Ordinal)));
        _others = files.Where(file => file.Key != IndexName).ToDictionary(
            file => file.Key, file => new PageAsset(file.Key, file.Value));
    }

    /// <summary>Sixteen hexadecimal digits.</summary>
    public string Hash { get; }

    /// <summary>The page itself.</summary>
    public PageAsset Index { get; }

    public static PageAssets Embedded()
    {
        var files = new Dictionary<string, byte[]>();
        foreach (var resource in typeof(PageAssets).Assembly.GetManifestResourceNames())
        {
            if (resource.StartsWith(ResourceFolder, StringComparison.Ordinal))
            {
                // Where it was built on Windows, folders end in a backslash.
                files[resource[ResourceFolder.Length..].Replace('\\', '/')] = Read(resource);
            }
        }

        return new PageAssets(files);
    }

    public bool TryFind(string name, [NotNullWhen(true)] out PageAsset? asset) => _others.TryGetValue(name, out asset);

    private static byte[] Read(string resource)
    {
        // Never null: the name was read from the assembly.
        using var stream = typeof(PageAssets).Assembly.GetManifestResourceStream(resource)!;
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }

    private static string HashOf(IReadOnlyDictionary<string, byte[]> files)
    {
        // It tells versions apart and secures nothing; SHA-256 would load OpenSSL into every process.
        var hash = new XxHash128();
        foreach (var (name, content) in files.OrderBy(file => file.Key, StringComparer.Ordinal))
        {
            Add(Encoding.UTF8.GetBytes(name));
            Add(content);
        }

        return Convert.ToHexStringLower(hash.GetCurrentHash().AsSpan(0, HashBytes));

        // Each after its length, so that no two lists of files hash the same bytes.
        void Add(byte[] part)
        {
            Span<byte> length = stackalloc byte[sizeof(int)];
            BinaryPrimitives.WriteInt32LittleEndian(length, part.Length);
            hash.Append(length);
            hash.Append(part);
        }
    }
}
