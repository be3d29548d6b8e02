using System.Runtime.InteropServices;

namespace SoftmaxService.Inference.Onnx;

/// <summary>The C library's heap, where ONNX Runtime parses and optimises graphs.</summary>
internal static partial class NativeHeap
{
    /// <summary>Gives pages that a load has used and freed back to the system: of its own accord glibc keeps those that lie below others in use.</summary>
    public static void Trim()
    {
        if (!OperatingSystem.IsLinux())
            return;
        try
        {
            _ = Trim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // musl has no such function, and no need of it.
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint pad);
}
