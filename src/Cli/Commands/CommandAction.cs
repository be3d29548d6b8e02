using System.CommandLine;
using SoftmaxService.Cli.Data;
using SoftmaxService.Cli.Output;

namespace SoftmaxService.Cli.Commands;

/// <summary>Runs a command; the one place where an exception becomes an exit code.</summary>
internal static class CommandAction
{
    /// <summary>Gives a command its work, which runs off the thread that waits for Ctrl-C.</summary>
    public static void Runs(this Command command, Terminal terminal, Action<ParseResult, CancellationToken> work) =>
        command.SetAction(
            (parsed, cancellationToken) =>
                Task.Run(() => Run(terminal, () => work(parsed, cancellationToken)), CancellationToken.None));

    private static int Run(Terminal terminal, Action work)
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
