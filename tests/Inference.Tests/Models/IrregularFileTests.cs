using System.Diagnostics;
using System.Net.Sockets;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Inference.Tests.Models;

/// <summary>Pipes, sockets, devices and folders in the place of a model's files.</summary>
public sealed class IrregularFileTests : IDisposable
{
    private const string Location = "weights.bin";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ModelFolder _folder = new();

    [Theory]
    [InlineData("model.onnx", "pipe", "model.onnx is a named pipe, not a regular file")]
    [InlineData("model.onnx", "socket", "model.onnx is a socket")]
    [InlineData("model.onnx", "device", "model.onnx is a device, not a regular file")]
    [InlineData("model.onnx", "folder", "model.onnx is a folder, not a regular file")]
    [InlineData("model.json", "pipe", "model.json is a named pipe, not a regular file")]
    [InlineData("model.json", "socket", "model.json is a socket")]
    [InlineData("model.json", "device", "model.json is a device, not a regular file")]
    [InlineData("model.json", "folder", "model.json is a folder, not a regular file")]
    [InlineData("preprocessor_config.json", "pipe", "preprocessor_config.json is a named pipe, not a regular file")]
    [InlineData("preprocessor_config.json", "socket", "preprocessor_config.json is a socket")]
    public async Task Load_FileThatIsNotRegular_IsRejectedUnread(string name, string kind, string reason)
    {
        _folder.With("a/1", LiveFolder.Three);
        Put(kind, At(name));

        Assert.Contains(reason, await RejectionAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("weights.bin", "pipe", "is a named pipe, not a regular file")]
    [InlineData("weights.bin", "socket", "is a socket")]
    [InlineData(".weights.bin", "pipe", "is a named pipe, not a regular file")]
    [InlineData("a/b/c/d/e/f/g/weights.bin", "pipe", "is a named pipe, not a regular file")]
    public async Task Load_ExternalDataThatIsNotRegular_IsRejectedUnread(string name, string kind, string reason)
    {
        _folder.With("a/1", SmallModels.WithExternalData(name).Onnx);
        Directory.CreateDirectory(Path.GetDirectoryName(At(name))!);
        Put(kind, At(name));

        Assert.Contains(
            $"the graph names {name} for its external data, which {reason}", await RejectionAsync(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Load_ExternalDataThatIsALinkToAPipe_IsRejectedUnread()
    {
        _folder.With("a/1", SmallModels.WithExternalData(Location).Onnx);
        Put("pipe", At("pipe"));
        File.CreateSymbolicLink(At(Location), "pipe");

        Assert.Contains("a named pipe, not a regular file", await RejectionAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Load_LabelsInAPipe_AreNotReadAndTheModelSaysSo()
    {
        _folder.With("a/1", LiveFolder.Three);
        Put("pipe", At("labels.txt"));
        using var repository = await LoadAsync();

        Assert.Contains(
            "labels.txt is a named pipe, not a regular file",
            string.Join(' ', Assert.Single(repository.Current.Models).Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Load_ManifestOfMoreThan16Megabytes_IsRejectedUnread()
    {
        // With a byte-order mark of three bytes.
        _folder.With("a/1", LiveFolder.Three, new string(' ', (16 << 20) - 5) + "{}");
        using (var repository = await LoadAsync())
        {
            Assert.Empty(repository.Current.Failures);
        }

        _folder.With("a/1", LiveFolder.Three, new string(' ', (16 << 20) - 4) + "{}");
        Assert.Contains(
            "model.json has 16777217 bytes; files of up to 16777216 are read", await RejectionAsync(),
            StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static void Put(string kind, string path)
    {
        File.Delete(path);
        switch (kind)
        {
            case "pipe":
                using (var maker = Process.Start("mkfifo", path))
                {
                    maker.WaitForExit();
                }

                break;

            case "socket":
                // The path of a socket may have at most 108 bytes.
                using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
                {
                    var place = Path.Combine(Path.GetTempPath(), $"s{Guid.NewGuid():N}");
                    socket.Bind(new UnixDomainSocketEndPoint(place));
                    File.Move(place, path);
                }

                break;

            case "device":
                File.CreateSymbolicLink(path, "/dev/zero");
                break;

            default:
                Directory.CreateDirectory(path);
                break;
        }
    }

    private string At(string name) => Path.Combine(_folder.Path, "a", "1", name);

    private async Task<string> RejectionAsync()
    {
        using var repository = await LoadAsync();
        return Assert.Single(repository.Current.Failures).Reason;
    }

    /// <summary>Loads the folder, or fails instead of waiting for ever.</summary>
    private Task<ModelRepository> LoadAsync() => Task.Run(() => _folder.Load()).WaitAsync(Patience);
}
