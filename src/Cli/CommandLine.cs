using System.CommandLine;
using System.CommandLine.Invocation;
using SoftmaxService.Cli.Commands;
using SoftmaxService.Cli.Data;
using SoftmaxService.Cli.Output;

namespace SoftmaxService.Cli;

/// <summary>The commands, and the one place where an exception becomes an exit code.</summary>
internal static class CommandLine
{
    public static async Task<int> RunAsync(string[] arguments, Terminal terminal, CancellationToken cancellation = default)
    {
        var root = new RootCommand($"Inspects, evaluates and calibrates ONNX image classifiers. {ExitCode.Help}")
        {
            InspectCommand.Create(terminal),
            EvaluateCommand.Create(terminal),
            CalibrateCommand.Create(terminal),
        };
        var parsed = root.Parse(arguments);
        var configuration = new InvocationConfiguration { Output = terminal.Output, Error = terminal.Error, EnableDefaultExceptionHandler = false };
        var code = await parsed.InvokeAsync(configuration, cancellation);
        return parsed.Action is ParseErrorAction ? ExitCode.Usage : code;
    }

    /// <summary>Makes a command do its work, off the thread that waits for Ctrl-C.</summary>
    public static void Runs(this Command command, Terminal terminal, Action<ParseResult, CancellationToken> work) =>
        command.SetAction((parsed, cancellation) => Task.Run(() => Guarded(terminal, () => work(parsed, cancellation)), CancellationToken.None));

    private static int Guarded(Terminal terminal, Action work)
    {
        try
        {
            work();
            return ExitCode.Ok;
        }
        catch (OperationCanceledException)
        {
            terminal.Say("Stopped; nothing was changed.");
            return ExitCode.Cancelled;
        }
        catch (UsageException exception)
        {
            terminal.Say(exception.Message);
            return ExitCode.Usage;
        }
        catch (Exception exception) when (exception is DataException or IOException or UnauthorizedAccessException)
        {
            terminal.Say(exception.Message);
            return ExitCode.Refused;
        }
        catch (Exception exception)
        {
            terminal.Say($"This is a fault of softmax itself: {exception}");
            return ExitCode.Fault;
        }
    }
}
