using SoftmaxService.Cli.Output;

namespace SoftmaxService.Cli.Tests.Commands;

/// <summary>One run of the command line in this process, with its output.</summary>
internal sealed record CommandRun(int ExitCode, string Output, string Error)
{
    public static async Task<CommandRun> OfAsync(params string[] arguments) =>
        await OfAsync(CancellationToken.None, arguments);

    public static async Task<CommandRun> OfAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await CommandLine.RunAsync(arguments, new Terminal(output, error), cancellationToken);
        return new CommandRun(code, output.ToString(), error.ToString());
    }
}
