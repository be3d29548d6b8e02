using System.Runtime.InteropServices;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Inference.Tests.Models;

/// <summary>
/// A <c>model.json</c> that takes as long to read as the test wants: a named pipe. Who loads it waits until it is
/// written.
/// </summary>
internal sealed partial class SlowManifest
{
    private const uint OwnerReadsAndWrites = 0x180;

    private readonly string _path;

    public SlowManifest(string folder)
    {
        _path = Path.Combine(folder, ModelManifest.FileName);
        Assert.Equal(0, MakePipe(_path, OwnerReadsAndWrites));
    }

    /// <summary>Waits until the manifest is being read, then does something, then lets the reader go on.</summary>
    public void WhileItIsRead(Action action)
    {
        var written = File.GetLastWriteTimeUtc(_path);
        using var pipe = new FileStream(_path, FileMode.Open, FileAccess.Write); // opens when the reader has
        action();
        pipe.Write("{}"u8);
        pipe.Flush();
        File.SetLastWriteTimeUtc(_path, written); // else the writing would look like a change of the file
    }

    [LibraryImport("libc", EntryPoint = "mkfifo", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakePipe(string path, uint mode);
}
