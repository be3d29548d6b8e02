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

    /// <summary>The same for work that awaits, and that chooses its exit code.</summary>
    public static void Runs(
        this Command command, Terminal terminal, Func<ParseResult, CancellationToken, Task<int>> work) =>
        command.SetAction(
            (parsed, cancellationToken) =>
                Task.Run(() => RunAsync(terminal, () => work(parsed, cancellationToken)), CancellationToken.None));

    private static Task<int> Run(Terminal terminal, Action work) =>
        RunAsync(terminal, () =>
        {
            work();
            return Task.FromResult(ExitCode.Ok);
        });

    private static async Task<int> RunAsync(Terminal terminal, Func<Task<int>> work)
    {
        try
        {
            return await work();
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
            return ExitCode.Rejected;
        }
        catch (Exception exception)
        {
            terminal.Say($"This is a fault of softmax itself: {exception}");
            return ExitCode.Fault;
        }
    }
}
