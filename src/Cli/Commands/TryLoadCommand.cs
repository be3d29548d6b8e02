using System.CommandLine;
using SoftmaxService.Cli.Models;
using SoftmaxService.Cli.Output;

namespace SoftmaxService.Cli.Commands;

/// <summary><c>softmax try-load FOLDER FILE</c>, hidden: the other process of a <see cref="ModelTrial"/>.</summary>
internal static class TryLoadCommand
{
    public static Command Create(Terminal terminal)
    {
        var folder = new Argument<string>("FOLDER");
        var file = new Argument<string>("FILE");
        var command = new Command(ModelTrial.CommandName) { folder, file };
        command.Hidden = true;
        command.Runs(
            terminal,
            (parsed, _) => ModelTrial.Run(parsed.GetRequiredValue(folder), parsed.GetRequiredValue(file)));
        return command;
    }
}
