using System.Diagnostics;
using System.Globalization;

namespace SoftmaxService.Api.Processes;

/// <summary>Why a process has ended.</summary>
internal static class ProcessEnd
{
    /// <summary>A process that a signal has ended has the sum of this and the signal's number as its code.</summary>
    public const int SignalCode = 128;

    /// <summary>The code of a process that has used up its processor time.</summary>
    public const int ProcessorTimeCode = SignalCode + 24;

    private const int LongestError = 300;

    /// <summary>The name of an exit code.</summary>
    public static string NameOf(int exitCode) => (exitCode - SignalCode) switch
    {
        4 => "signal SIGILL",
        6 => "signal SIGABRT",
        7 => "signal SIGBUS",
        8 => "signal SIGFPE",
        9 => "signal SIGKILL",
        11 => "signal SIGSEGV",
        24 => "signal SIGXCPU (it took too much processor time)",
        > 0 and <= 64 and var signal => string.Create(CultureInfo.InvariantCulture, $"signal {signal}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"exit code {exitCode}"),
    };

    /// <summary>Reads what it writes as errors to the end, so that it never waits, and returns the beginning.</summary>
    public static async Task<string> ReadErrorsAsync(Process process)
    {
        var start = new char[LongestError];
        var kept = await process.StandardError.ReadBlockAsync(start);
        var rest = new char[1024];
        while (await process.StandardError.ReadAsync(rest) > 0)
        {
        }

        return new string(start, 0, kept).ReplaceLineEndings(" ").Trim();
    }
}
