using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using SoftmaxService.Api.Processes;

namespace SoftmaxService.Api.Models.Probing;

/// <summary>What came of a probe.</summary>
internal enum ProbeResult
{
    /// <summary>The process did not get as far as opening the model, of which nothing is known.</summary>
    NotStarted,

    /// <summary>The process crashed or had to be ended before it had a verdict.</summary>
    Ended,

    /// <summary>The model cannot be served.</summary>
    Rejected,

    /// <summary>The model can be served.</summary>
    Passed,
}

/// <summary>What came of a probe, and why.</summary>
/// <param name="Result">What came of it.</param>
/// <param name="Fault">What was wrong with the model or the process; null if all went well.</param>
internal sealed record ProbeOutcome(ProbeResult Result, string? Fault = null);

/// <summary>Runs one probe in a process of its own.</summary>
/// <param name="program">The command that starts this program.</param>
internal sealed class ProbeProcess(ChildProgram program)
{
    // The longer of the two answers has at most some 24 KiB.
    private const int LongestOutput = 64 << 10;
    private const string NotBegunInTime = "it had not opened a model when its time was up";

    /// <summary>How much longer than the load the process may take, for its own start and end.</summary>
    public TimeSpan Margin { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Runs the probe and waits for its end.</summary>
    /// <param name="request">What to load.</param>
    /// <param name="cancellationToken">Ends the process.</param>
    /// <exception cref="OperationCanceledException">The probe was ended early.</exception>
    public async Task<ProbeOutcome> RunAsync(ProbeRequest request, CancellationToken cancellationToken)
    {
        using var temporary = new ProbeFolder();
        using var process = new Process { StartInfo = StartOf(program, temporary) };
        try
        {
            process.Start();
        }
        catch (Exception fault) when (fault is Win32Exception or IOException)
        {
            return new ProbeOutcome(ProbeResult.NotStarted, fault.Message);
        }

        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        end.CancelAfter(TimeSpan.FromSeconds(request.LoadSeconds) + Margin);
        var errors = ProcessEnd.ReadErrorsAsync(process);
        var answers = new List<ProbeAnswer>();
        var isLate = false;
        try
        {
            await SendAsync(process.StandardInput, request with { TemporaryFolder = temporary.Path });
            await ReadAnswersAsync(process.StandardOutput, answers, end.Token);
            if (!answers.Exists(IsVerdict))
            {
                await process.WaitForExitAsync(end.Token);
            }
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            isLate = true;
        }
        finally
        {
            process.Kill(); // whoever has answered is of no more use, and may not end by itself
            await process.WaitForExitAsync(CancellationToken.None);
            await errors;
        }

        if (answers.Find(IsVerdict) is { } verdict)
        {
            return new ProbeOutcome(verdict.Fault is null ? ProbeResult.Passed : ProbeResult.Rejected, verdict.Fault);
        }

        return answers.Count == 0
            ? new ProbeOutcome(
                ProbeResult.NotStarted, isLate ? NotBegunInTime : WhyNotBegun(process.ExitCode, await errors))
            : new ProbeOutcome(ProbeResult.Ended, isLate ? Endless(request) : Ended(process.ExitCode, request));
    }

    private static bool IsVerdict(ProbeAnswer answer) => answer.Kind == ProbeAnswerKind.Judged;

    private static ProcessStartInfo StartOf(ChildProgram program, ProbeFolder temporary)
    {
        var start = program.StartOf(ProbeCommand.Name);
        if (temporary.Path is { } path)
        {
            start.Environment[OperatingSystem.IsWindows() ? "TMP" : "TMPDIR"] = path;
        }

        return start;
    }

    private static async Task SendAsync(StreamWriter input, ProbeRequest request)
    {
        try
        {
            await input.WriteLineAsync(JsonSerializer.Serialize(request, ProbeJsonContext.OneLine.ProbeRequest));
            await input.FlushAsync();
        }
        catch (IOException)
        {
            // The process has ended already; its exit code says why.
        }
    }

    /// <summary>Reads until the verdict, the end, or more than a probe would write.</summary>
    private static async Task ReadAnswersAsync(
        StreamReader output, List<ProbeAnswer> answers, CancellationToken cancellationToken)
    {
        var text = new char[LongestOutput];
        for (int length = 0, start = 0; length < text.Length && !answers.Exists(IsVerdict);)
        {
            var read = await output.ReadAsync(text.AsMemory(length), cancellationToken);
            if (read == 0)
            {
                return;
            }

            length += read;
            for (int end; (end = text.AsSpan(start, length - start).IndexOf('\n')) >= 0; start += end + 1)
            {
                if (Parse(text.AsSpan(start, end)) is { } answer)
                {
                    answers.Add(answer);
                }
            }
        }
    }

    private static ProbeAnswer? Parse(ReadOnlySpan<char> line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, ProbeJsonContext.OneLine.ProbeAnswer);
        }
        catch (JsonException)
        {
            return null; // what a library has written
        }
    }

    private static string WhyNotBegun(int exitCode, string errors) =>
        $"it ended with {ProcessEnd.NameOf(exitCode)} before it opened a model"
        + (errors.Length == 0 ? "" : $": {errors}");

    private static string Endless(ProbeRequest request) => string.Create(
        CultureInfo.InvariantCulture,
        $"its probe gave no verdict within {request.LoadSeconds} s and was ended");

    private static string Ended(int exitCode, ProbeRequest request)
    {
        // How a process ends that runs out of memory, by itself or by the kernel.
        var memory = exitCode - ProcessEnd.SignalCode is 6 or 9
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"; the probe had {request.MemoryBytes >> 20} MiB of memory, see Models:ProbeMaxBytes")
            : "";
        return $"it ended the process of its probe with {ProcessEnd.NameOf(exitCode)}, and would have ended the service"
            + memory;
    }
}
