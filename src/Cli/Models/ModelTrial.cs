using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Cli.Models;

/// <summary>
/// Loads and warms up a stranger's model in another process of this program first. Some graphs crash ONNX Runtime, and
/// others never end: then that process is gone, and this one can say so.
/// </summary>
internal static class ModelTrial
{
    /// <summary>The hidden command of the other process.</summary>
    public const string CommandName = "try-load";

    private const int SignalCode = 128;

    private static readonly TimeSpan Limit = new RepositorySettings { Folder = "" }.LoadTime;

    // What Ctrl-C and a termination sent to both processes.
    private static readonly int[] Stopped = [SignalCode + 2, SignalCode + 15];

    /// <summary>Waits for what comes of the model in the other process.</summary>
    /// <param name="folder">The folder of its files.</param>
    /// <param name="onnxFileName">The ONNX file in it.</param>
    /// <param name="cancellationToken">Ends the other process.</param>
    /// <returns>
    /// Why the model must not be opened in this process. Null if it may be, and then loads or is rejected with a
    /// reason.
    /// </returns>
    /// <exception cref="OperationCanceledException">The trial was stopped.</exception>
    public static Task<string?> FindFaultAsync(
        string folder, string onnxFileName, CancellationToken cancellationToken) =>
        Assembly.GetEntryAssembly() == typeof(ModelTrial).Assembly && Environment.ProcessPath is { } program
            ? FindFaultAsync(program, folder, onnxFileName, Limit, cancellationToken)
            : Task.FromResult<string?>(null); // another program hosts this one, as its tests do

    /// <summary>The same with another program and limit.</summary>
    /// <param name="program">The executable of this program, or <c>dotnet</c>.</param>
    /// <param name="folder">The folder of the model's files.</param>
    /// <param name="onnxFileName">The ONNX file in it.</param>
    /// <param name="limit">How long the model may take.</param>
    /// <param name="cancellationToken">Ends the other process.</param>
    public static async Task<string?> FindFaultAsync(
        string program, string folder, string onnxFileName, TimeSpan limit, CancellationToken cancellationToken)
    {
        var temporary = CreateTemporaryFolder();
        try
        {
            using var process = Process.Start(StartOf(program, folder, onnxFileName, temporary))!;
            return await WaitAsync(process, limit, cancellationToken);
        }
        catch (Win32Exception)
        {
            return null; // no process can be started here
        }
        finally
        {
            Delete(temporary);
        }
    }

    /// <summary>Does in the other process what the service does when it loads the model.</summary>
    public static void Run(string folder, string onnxFileName)
    {
        EndWithTheOther();
        try
        {
            ClassifierModel.Load(folder, "trial", "1", new ModelSettings(), onnxFileName).Dispose();
        }
        catch (Exception)
        {
            // The waiting process finds it, too, and says why. What cannot be caught is what the trial is for.
        }
    }

    private static ProcessStartInfo StartOf(string program, string folder, string onnxFileName, string? temporary)
    {
        string[] assembly = Path.GetFileNameWithoutExtension(program) == "dotnet"
            ? [Environment.GetCommandLineArgs()[0]]
            : [];
        var start = new ProcessStartInfo(program, [.. assembly, CommandName, folder, onnxFileName])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0"; // a crash is expected
        if (temporary is not null)
        {
            start.Environment[OperatingSystem.IsWindows() ? "TMP" : "TMPDIR"] = temporary;
        }

        return start;
    }

    /// <summary>A process that is ended leaves its copy of external data behind. Most models need none.</summary>
    private static string? CreateTemporaryFolder()
    {
        try
        {
            return Directory.CreateTempSubdirectory("softmax-trial-").FullName;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null; // nothing can be written there; the other process says so where it must
        }
    }

    private static void Delete(string? temporary)
    {
        try
        {
            if (temporary is not null)
            {
                Directory.Delete(temporary, recursive: true);
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // Windows may still hold a file of a process that was just ended.
        }
    }

    private static async Task<string?> WaitAsync(Process process, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        end.CancelAfter(limit);
        try
        {
            // What a library writes is read, so that it never waits.
            await Task.WhenAll(
                process.StandardOutput.ReadToEndAsync(end.Token),
                process.StandardError.ReadToEndAsync(end.Token),
                process.WaitForExitAsync(end.Token));
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return string.Create(
                CultureInfo.InvariantCulture,
                $"it was not ready to serve within {limit.TotalSeconds} s, and the service waits no longer by default");
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }

        return process.ExitCode switch
        {
            0 => null,
            var code when Stopped.Contains(code) => throw new OperationCanceledException(),
            var code => $"it crashes ONNX Runtime: a process that loaded it and ran it once ended with {NameOf(code)}",
        };
    }

    private static string NameOf(int exitCode) => exitCode is > SignalCode and <= SignalCode + 64
        ? string.Create(CultureInfo.InvariantCulture, $"signal {exitCode - SignalCode}")
        : string.Create(CultureInfo.InvariantCulture, $"exit code {exitCode}");

    /// <summary>The waiting process keeps the input open. When it is gone, nobody wants to know.</summary>
    private static void EndWithTheOther()
    {
        var input = Console.OpenStandardInput();
        var thread = new Thread(Wait) { IsBackground = true, Name = "end with the other process" };
        thread.Start();

        void Wait()
        {
            while (input.ReadByte() >= 0)
            {
            }

            Process.GetCurrentProcess().Kill(); // an orderly exit would wait for the load
        }
    }
}
