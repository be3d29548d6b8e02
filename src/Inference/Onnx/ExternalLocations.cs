using System.Text;
using SoftmaxService.Inference.Files;

namespace SoftmaxService.Inference.Onnx;

/// <summary>
/// The files that an ONNX file names for its external data, wherever its tensors are: in the graph, in nodes, or in
/// their subgraphs (https://github.com/onnx/onnx/blob/main/docs/ExternalData.md).
/// </summary>
internal static class ExternalLocations
{
    private const int ChunkSize = 1 << 20;

    // A StringStringEntryProto with its key and, after the value's length of at most two bytes, its value.
    private const int LongestName = 1024;
    private const int LongestEntry = 16 + LongestName;
    private const byte ValueTag = (2 << 3) | 2;

    private static readonly byte[] Key = [(1 << 3) | 2, 8, .. "location"u8, ValueTag];

    /// <summary>Each name once. Names that lead out of a folder are left out.</summary>
    public static IReadOnlyCollection<string> In(string model)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var buffer = new byte[LongestEntry + ChunkSize];
        using var file = RegularFile.OpenRead(model);
        for (int kept = 0, read; (read = file.ReadAtLeast(buffer.AsSpan(kept), 1, throwOnEndOfStream: false)) > 0;)
        {
            var chunk = buffer.AsSpan(0, kept + read);
            Collect(chunk, names);
            kept = Math.Min(LongestEntry, chunk.Length);
            chunk[^kept..].CopyTo(buffer);
        }

        return names;
    }

    private static void Collect(ReadOnlySpan<byte> chunk, HashSet<string> names)
    {
        for (int next; (next = chunk.IndexOf(Key)) >= 0;)
        {
            chunk = chunk[(next + Key.Length)..];
            if (NameAt(chunk) is { } name && IsInside(name))
            {
                names.Add(name);
            }
        }
    }

    private static string? NameAt(ReadOnlySpan<byte> value)
    {
        var (length, start) = value switch
        {
            [< 0x80, ..] => (value[0], 1),
            [_, < 0x80, ..] => ((value[0] & 0x7F) | (value[1] << 7), 2),
            _ => (0, 0),
        };
        return length is > 0 and <= LongestName && start + length <= value.Length
            ? Encoding.UTF8.GetString(value.Slice(start, length))
            : null;
    }

    private static bool IsInside(string name) =>
        !Path.IsPathRooted(name) && !name.Contains('\0', StringComparison.Ordinal) && !name.Split('/').Contains("..");
}
