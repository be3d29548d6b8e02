namespace SoftmaxService.Api.Tests.Published;

/// <summary>
/// A test of the native binary. It is skipped with a reason if the binary is missing or older than its source, but
/// never if <c>SOFTMAX_PUBLISHED</c> names the binary.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PublishedFactAttribute : FactAttribute
{
    public PublishedFactAttribute() => Skip = PublishedBinary.WhyMissing;
}

internal static class PublishedBinary
{
    private const string HowToPublish =
        "`dotnet publish src/Api -r linux-x64 -p:PublishAot=true` makes one; it needs clang or gcc, and zlib's headers "
            + "(zlib1g-dev).";

    private static readonly string? Named = Environment.GetEnvironmentVariable("SOFTMAX_PUBLISHED");

    public static string Path { get; } =
        Named is { Length: > 0 }
            ? System.IO.Path.GetFullPath(Named, RunningService.RepositoryRoot)
            : System.IO.Path.Combine(
                RunningService.RepositoryRoot,
                "artifacts",
                "publish",
                "SoftmaxService.Api",
                "native",
                OperatingSystem.IsWindows() ? "SoftmaxService.Api.exe" : "SoftmaxService.Api");

    public static string? WhyMissing { get; } = FindFault();

    private static string? FindFault()
    {
        if (Named is { Length: > 0 })
        {
            return null;
        }

        if (!File.Exists(Path))
        {
            return $"There is no published binary. {HowToPublish}";
        }

        var published = File.GetLastWriteTimeUtc(Path);
        return Sources().FirstOrDefault(file => file.LastWriteTimeUtc > published) is { } newer
            ? $"The published binary is older than {newer.Name}. {HowToPublish}"
            : null;
    }

    private static IEnumerable<FileInfo> Sources()
    {
        var root = new DirectoryInfo(RunningService.RepositoryRoot);
        return new[] { "src/Api", "src/Inference" }
            .SelectMany(folder =>
                new DirectoryInfo(System.IO.Path.Combine(root.FullName, folder)).EnumerateFiles(
                    "*",
                    SearchOption.AllDirectories))
            .Where(file => file.Extension is ".cs" or ".csproj" or ".proto" or ".html" or ".css" or ".js")
            .Concat(root.EnumerateFiles("Directory.*.props"));
    }
}
