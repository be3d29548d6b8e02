using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace SoftmaxService.Api.Processes.Decoding;

/// <summary>A process that decodes images, one after the other.</summary>
internal sealed class DecoderProcess : IDisposable
{
    /// <summary>Small files and pictures are written in one piece.</summary>
    public const int BufferBytes = 16 << 10;

    // Memory that decoders lose or scatter comes back with the process.
    private const int MostImages = 10_000;

    private static readonly TimeSpan StartTime = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan EndingTime = TimeSpan.FromSeconds(1);

    private readonly Process _process;
    private readonly Task<string> _errors;
    private int _images;
    private long _busy;
    private long _since;

    private DecoderProcess(Process process)
    {
        _process = process;
        _errors = ProcessEnd.ReadErrorsAsync(process);
        Requests = new BufferedStream(process.StandardInput.BaseStream, BufferBytes);
    }

    /// <summary>How long a process decodes before another takes its place.</summary>
    public static TimeSpan MostTime { get; } = TimeSpan.FromMinutes(15);

    public Stream Requests { get; }

    public Stream Answers => _process.StandardOutput.BaseStream;

    public bool HasExited => _process.HasExited;

    /// <summary>Whether another should take its place.</summary>
    public bool IsWorn => _images >= MostImages || Stopwatch.GetElapsedTime(0, _busy) >= MostTime;

    /// <summary>How long it has been idle.</summary>
    public TimeSpan Idle => Stopwatch.GetElapsedTime(_since);

    /// <summary>Starts a process, and waits until it is ready.</summary>
    /// <param name="program">The program.</param>
    /// <param name="memoryBytes">The most memory that it may write.</param>
    /// <exception cref="IOException">It does not start, or ends at once; the message says why.</exception>
    public static DecoderProcess Start(ChildProgram program, long memoryBytes)
    {
        var start = program.StartOf(DecodeCommand.Name, memoryBytes.ToString(CultureInfo.InvariantCulture));
        start.Environment["DOTNET_gcConcurrent"] = "0"; // there is hardly a heap to collect
        start.Environment["DOTNET_TieredPGO"] = "0";
        var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (Exception fault) when (fault is Win32Exception or IOException)
        {
            process.Dispose();
            throw new IOException(fault.Message, fault);
        }

        var decoder = new DecoderProcess(process);
        using var late = new Timer(_ => decoder.Kill(), null, StartTime, Timeout.InfiniteTimeSpan);
        if (decoder.Answers.ReadByte() == DecodeCommand.Ready)
        {
            return decoder;
        }

        using (decoder)
        {
            var (code, errors) = decoder.End();
            throw new IOException($"{ProcessEnd.NameOf(code)} {errors}");
        }
    }

    /// <summary>An image begins.</summary>
    public void Begin() => _since = Stopwatch.GetTimestamp();

    /// <summary>An image is done.</summary>
    public void Finish()
    {
        var now = Stopwatch.GetTimestamp();
        _images++;
        _busy += now - _since;
        _since = now;
    }

    public void Kill() => _process.Kill();

    /// <summary>Ends it, unless it is about to end by itself.</summary>
    /// <returns>Its exit code, and what it wrote as errors.</returns>
    public (int Code, string Errors) End()
    {
        if (!_process.WaitForExit(EndingTime))
        {
            Kill();
            _process.WaitForExit();
        }

        _errors.Wait(EndingTime);
        return (_process.ExitCode, _errors.IsCompletedSuccessfully ? _errors.Result : "");
    }

    public void Dispose()
    {
        Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
