namespace SoftmaxService.Tests.Support.TestData;

/// <summary>
/// Data sets and third-party models outside the repository: in <c>../shared/data</c>, or in the folder that the
/// environment variable <c>SOFTMAX_DATA</c> names.
/// </summary>
public static class SharedData
{
    public const string Variable = "SOFTMAX_DATA";

    public static string? Folder { get; } = FindFolder();

    public static string Path(string relative) =>
        System.IO.Path.Combine(Folder ?? throw new InvalidOperationException(WhyMissing(relative)), relative);

    public static string? WhyMissing(params ReadOnlySpan<string> files)
    {
        if (Folder is null)
        {
            return $"The folder ../shared/data does not exist; {Variable} may name another.";
        }

        foreach (var file in files)
        {
            if (!File.Exists(System.IO.Path.Combine(Folder, file)))
            {
                return $"{file} is missing from {Folder}; {Variable} may name another folder.";
            }
        }

        return null;
    }

    private static string? FindFolder()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named)
        {
            return Directory.Exists(named) ? named : null;
        }

        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(System.IO.Path.Combine(folder.FullName, "SoftmaxService.sln")))
        {
            folder = folder.Parent;
        }

        if (folder?.Parent is not { } parent)
        {
            return null;
        }

        var shared = System.IO.Path.Combine(parent.FullName, "shared", "data");
        return Directory.Exists(shared) ? shared : null;
    }
}
