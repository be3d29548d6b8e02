using System.Text;

namespace SoftmaxService.Tests.Support;

/// <summary>A folder that is deleted after the test.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("softmax-tests-").FullName;

    public string PathOf(string relativePath) => System.IO.Path.Combine(Path, relativePath);

    /// <returns>The file's full path.</returns>
    public string Write(string relativePath, ReadOnlySpan<byte> content)
    {
        var path = PathOf(relativePath);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!); // It is below our folder.
        File.WriteAllBytes(path, content);
        return path;
    }

    /// <returns>The file's full path.</returns>
    public string Write(string relativePath, string content) => Write(relativePath, Encoding.UTF8.GetBytes(content));

    /// <summary>Copies the files of a folder.</summary>
    public void Copy(string source, string relativePath)
    {
        foreach (var file in Directory.EnumerateFiles(source))
        {
            Write(System.IO.Path.Combine(relativePath, System.IO.Path.GetFileName(file)), File.ReadAllBytes(file));
        }
    }

    /// <summary>Deletes the folder. A second call does nothing: a service disposes twice.</summary>
    public void Dispose()
    {
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
