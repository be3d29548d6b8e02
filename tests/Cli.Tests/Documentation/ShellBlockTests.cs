using System.Text.RegularExpressions;
using SoftmaxService.Cli.Output;

namespace SoftmaxService.Cli.Tests.Documentation;

/// <summary>
/// The commands in the documents' <c>```sh</c> blocks need data that is not in the repository, or have no output to
/// compare. They are parsed, not run.
/// </summary>
public sealed partial class ShellBlockTests
{
    private const string Start = "dotnet run --project src/Cli -c Release -- ";

    public static TheoryData<string> Commands =>
    [
        .. from document in Repository.FilesWith(".md")
           from Match block in Block().Matches(Repository.ReadText(document))
           from line in block.Groups["content"].Value.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n')
           where line.StartsWith(Start, StringComparison.Ordinal)
           select line[Start.Length..].Split('#')[0],
    ];

    [Theory]
    [MemberData(nameof(Commands))]
    public void EveryCommandIsUnderstood(string command)
    {
        using var output = new StringWriter();

        var parsed = CommandLine.Create(new Terminal(output, output)).Parse(command);

        Assert.Empty(parsed.Errors);
        Assert.NotEmpty(parsed.CommandResult.Command.Parents); // a command, and not only the program
    }

    [GeneratedRegex("^```sh\n(?<content>.*?\n)```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
