using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using SoftmaxService.Api.Processes;
using SoftmaxService.Inference.Models;
using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Api.Models.Probing;

/// <summary>
/// <c>SoftmaxService.Api probe</c>: loads and warms up one version for the service that has started this process, and
/// answers what came of it. If the model ends the process, the service lives on.
/// </summary>
internal static class ProbeCommand
{
    /// <summary>The only argument, which selects the probe.</summary>
    public const string Name = "probe";

    private const int LongestFault = 4096;

    public static int Run(Stream input, TextWriter output)
    {
        ParentProcess.IgnoreItsSignals();
        if (ReadRequest(input) is not { } request)
        {
            output.WriteLine(
                $"'{Name}' is for the service itself, which loads models that it does not know in another process "
                + "first. 'softmax inspect' shows what it would make of a model.");
            return 1;
        }

        EndWithTheService(input, request.TemporaryFolder);
        ProcessLimits.Apply(request.MemoryBytes);
        Answer(output, new ProbeAnswer(ProbeAnswerKind.Begun));
        var settings = new ModelSettings
        {
            MaxBatchSize = request.MaxBatchSize,
            Onnx = new OnnxSettings { IntraOpThreads = request.IntraOpThreads },
        };
        var fault = ProbedVersion.FindFault(
            request.Folder, request.Name, request.Version, settings, TimeSpan.FromSeconds(request.LoadSeconds));
        Answer(output, new ProbeAnswer(ProbeAnswerKind.Judged, WithMemory(Shorten(fault), request)));
        return 0;
    }

    private static string? Shorten(string? fault) =>
        fault is { Length: > LongestFault } ? fault[..LongestFault] : fault;

    /// <summary>Says of a fault of memory how much there was, since the service itself may have more.</summary>
    private static string? WithMemory(string? fault, ProbeRequest request) =>
        OperatingSystem.IsLinux() && fault?.Contains("alloc", StringComparison.OrdinalIgnoreCase) == true
            ? fault + string.Create(
                CultureInfo.InvariantCulture,
                $"; its probe had {request.MemoryBytes >> 20} MiB of memory, see Models:ProbeMaxBytes")
            : fault;

    private static ProbeRequest? ReadRequest(Stream input)
    {
        // Byte by byte, since nothing may be read beyond the line.
        var line = new List<byte>();
        for (int next; (next = input.ReadByte()) is not (< 0 or '\n');)
        {
            line.Add((byte)next);
        }

        try
        {
            return JsonSerializer.Deserialize(
                CollectionsMarshal.AsSpan(line), ProbeJsonContext.OneLine.ProbeRequest);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The service keeps the input open. When it is gone, nobody waits for the answer.</summary>
    private static void EndWithTheService(Stream input, string? temporaryFolder)
    {
        var thread = new Thread(Wait) { IsBackground = true, Name = "end with the service" };
        thread.Start();

        void Wait()
        {
            while (input.ReadByte() >= 0)
            {
            }

            ProbeFolder.Delete(temporaryFolder);
            Process.GetCurrentProcess().Kill(); // an orderly exit would wait for the load
        }
    }

    private static void Answer(TextWriter output, ProbeAnswer answer)
    {
        output.WriteLine(JsonSerializer.Serialize(answer, ProbeJsonContext.OneLine.ProbeAnswer));
        output.Flush();
    }
}
