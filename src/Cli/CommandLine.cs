using System.CommandLine;
using System.CommandLine.Invocation;
using SoftmaxService.Cli.Commands;
using SoftmaxService.Cli.Output;

namespace SoftmaxService.Cli;

/// <summary>The commands.</summary>
internal static class CommandLine
{
    // Loading a large model cannot be stopped, and files that were copied for it must be deleted afterwards.
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(30);

    public static async Task<int> RunAsync(
        string[] arguments,
        Terminal terminal,
        CancellationToken cancellationToken = default)
    {
        var parsed = Create(terminal).Parse(arguments);
        var configuration = new InvocationConfiguration
        {
            Output = terminal.Output,
            Error = terminal.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = StopTimeout,
        };
        var code = await parsed.InvokeAsync(configuration, cancellationToken);
        return parsed.Action is ParseErrorAction ? ExitCode.Usage : code;
    }

    public static RootCommand Create(Terminal terminal) =>
        new($"Imports, inspects, verifies, evaluates and calibrates ONNX image classifiers. {ExitCode.Help}")
        {
            ImportCommand.Create(terminal),
            InspectCommand.Create(terminal),
            VerifyCommand.Create(terminal),
            RecipeCommand.Create(terminal),
            EvaluateCommand.Create(terminal),
            CalibrateCommand.Create(terminal),
            TryLoadCommand.Create(terminal),
        };
}
