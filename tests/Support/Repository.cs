namespace SoftmaxService.Tests.Support;

/// <summary>The checkout that the tests run from.</summary>
public static class Repository
{
    private static readonly string[] BuildOutput = [".git", "artifacts", "bin", "obj", "node_modules", "TestResults"];

    public static string Root { get; } = FindRoot();

    public static string PathOf(string relativePath) => Path.Combine(Root, relativePath);

    public static string ReadText(string relativePath) => File.ReadAllText(PathOf(relativePath));

    /// <summary>Relative paths, with slashes, of all files with one of these extensions, except build output.</summary>
    public static IEnumerable<string> FilesWith(params string[] extensions) => FilesBelow(new DirectoryInfo(Root))
        .Where(file => extensions.Contains(file.Extension))
        .Select(file => Path.GetRelativePath(Root, file.FullName).Replace('\\', '/'))
        .Order(StringComparer.Ordinal);

    private static IEnumerable<FileInfo> FilesBelow(DirectoryInfo folder) => folder.EnumerateFiles().Concat(
        folder.EnumerateDirectories().Where(child => !BuildOutput.Contains(child.Name)).SelectMany(FilesBelow));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "SoftmaxService.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName
            ?? throw new InvalidOperationException("The tests run from a checkout that contains SoftmaxService.sln.");
    }
}
