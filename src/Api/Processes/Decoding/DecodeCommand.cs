using System.Globalization;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Api.Processes.Decoding;

/// <summary>
/// <c>SoftmaxService.Api decode BYTES</c>: decodes images for the service that has started this process. If a file ends
/// the process, the service lives on.
/// </summary>
internal static class DecodeCommand
{
    /// <summary>The first argument, which selects this.</summary>
    public const string Name = "decode";

    /// <summary>What the process writes once it is ready.</summary>
    public const byte Ready = (byte)'+';

    // By the header a decode takes less; the slowest processors and the runtime's own work are covered.
    private const int Slowness = 10;

    private static readonly TimeSpan LeastTime = TimeSpan.FromSeconds(2);

    // Only code that a file has smuggled in comes that far: an honest process is replaced before.
    private static readonly TimeSpan TotalTime = 4 * DecoderProcess.MostTime;

    public static int Run(string memoryBytes)
    {
        ParentProcess.IgnoreItsSignals();
        if (!OperatingSystem.IsLinux()
            || !Console.IsInputRedirected
            || !long.TryParse(memoryBytes, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes))
        {
            Console.Error.WriteLine($"'{Name}' is for the service itself, see the setting Imaging:Isolation.");
            return 1;
        }

        ParentProcess.EndWithIt();
        ParentProcess.WidenPipes();
        ProcessLimits.Apply(bytes, TotalTime);
        using var output = Console.OpenStandardOutput();
        output.WriteByte(Ready);
        using var answers = new BufferedStream(output, DecoderProcess.BufferBytes);
        IsolatedDecoding.Serve(
            Console.OpenStandardInput(),
            answers,
            estimate => ProcessLimits.LimitProcessorTime(LeastTime + (Slowness * estimate)));
        return 0;
    }
}
