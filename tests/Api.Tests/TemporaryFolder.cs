namespace SoftmaxService.Api.Tests;

/// <summary>A folder that is gone after the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("softmax-tests-").FullName;

    public void Write(string relativePath, ReadOnlySpan<byte> content)
    {
        var path = System.IO.Path.Combine(Path, relativePath);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
    }

    public void Copy(string source, string relativePath)
    {
        foreach (var file in Directory.EnumerateFiles(source))
        {
            Write(System.IO.Path.Combine(relativePath, System.IO.Path.GetFileName(file)), File.ReadAllBytes(file));
        }
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
