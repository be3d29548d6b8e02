using System.IO.Compression;

namespace SoftmaxService.Cli.Data;

/// <summary>Opens files and says in words why one cannot be.</summary>
internal static class DataFile
{
    /// <exception cref="DataException">There is no such file, or it cannot be read.</exception>
    public static FileStream OpenRead(string path)
    {
        if (Directory.Exists(path))
        {
            throw new DataException($"{path}: it is a folder; give a file.");
        }

        try
        {
            return new FileStream(
                path,
                FileMode.Open,
                FileAccess.Read,
                FileShare.Read,
                bufferSize: 1 << 16,
                FileOptions.SequentialScan);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DataException($"{path}: there is no such file.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"{path}: the file cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>The whole file.</summary>
    /// <exception cref="DataException">There is no such file, or it cannot be read.</exception>
    public static byte[] ReadAll(string path)
    {
        using var file = OpenRead(path);
        var content = new byte[file.Length];
        file.ReadExactly(content);
        return content;
    }

    /// <summary>The file's content, unzipped where it begins as gzip does. Owns the file.</summary>
    public static Stream Unzip(FileStream file)
    {
        var isGzip = file.ReadByte() == 0x1F && file.ReadByte() == 0x8B;
        file.Position = 0;
        return isGzip ? new BufferedStream(new GZipStream(file, CompressionMode.Decompress), 1 << 16) : file;
    }
}
