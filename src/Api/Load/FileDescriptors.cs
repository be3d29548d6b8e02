using System.Globalization;

namespace SoftmaxService.Api.Load;

/// <summary>
/// How many connections fit beside the files that the process itself opens. Without a descriptor left, the runtime
/// cannot load an assembly, and what needed it stays broken for good: connections must never take the last ones.
/// </summary>
internal static class FileDescriptors
{
    private const string LimitsOfProcess = "/proc/self/limits";
    private const string LineOfFiles = "Max open files";

    // The runtime keeps every assembly open, 280 descriptors after the first requests; a load of a model opens files.
    private const int Kept = 320;

    private const int FewestConnections = 8;

    // Kestrel counts the connections of each address by themselves: those of HTTP, and those of gRPC.
    private const int AddressCount = 2;

    /// <summary>The most files that this process may have open; null where the system does not say.</summary>
    public static long? Limit { get; } = ReadLimit();

    /// <summary>The most connections that an address may have; null where nothing limits them.</summary>
    public static long? MaxConnections =>
        Limit is { } limit ? Math.Max(FewestConnections, (limit - Kept) / AddressCount) : null;

    /// <summary>Reads the soft limit, which the runtime raises to the hard one when it starts.</summary>
    private static long? ReadLimit()
    {
        if (!OperatingSystem.IsLinux() || !File.Exists(LimitsOfProcess))
        {
            return null;
        }

        // Max open files            1024                 524288               files
        var line = File.ReadLines(LimitsOfProcess)
            .FirstOrDefault(line => line.StartsWith(LineOfFiles, StringComparison.Ordinal));
        return line?[LineOfFiles.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var soft, ..]
            && long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
                ? limit
                : null;
    }
}
