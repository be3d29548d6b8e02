using System.Runtime.InteropServices;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Inference.Tests.Models;

/// <summary>
/// A <c>model.json</c> that is a named pipe, so that the test decides how long a load waits for it.
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

    /// <summary>Waits until the manifest is being read, runs an action, then lets the reader continue.</summary>
    public void WhileItIsRead(Action action)
    {
        var written = File.GetLastWriteTimeUtc(_path);
        using var pipe = new FileStream(_path, FileMode.Open, FileAccess.Write); // opens once the reader has opened it
        action();
        pipe.Write("{}"u8);
        pipe.Flush();
        File.SetLastWriteTimeUtc(_path, written); // otherwise the write would look like a change
    }

    [LibraryImport("libc", EntryPoint = "mkfifo", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakePipe(string path, uint mode);
}
