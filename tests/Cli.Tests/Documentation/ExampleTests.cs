using System.Text.RegularExpressions;
using SoftmaxService.Cli.Tests.Commands;

namespace SoftmaxService.Cli.Tests.Documentation;

/// <summary>
/// Runs every <c>softmax</c> of docs/command-line.md and compares the output. With
/// <c>SOFTMAX_WRITE_DOCUMENTATION=1</c> it writes the output into the document instead.
/// </summary>
public sealed partial class ExampleTests
{
    private const string Document = "docs/command-line.md";

    private static readonly bool IsWriting = Environment.GetEnvironmentVariable("SOFTMAX_WRITE_DOCUMENTATION") == "1";

    [Fact]
    public async Task EveryExamplePrintsWhatIsWritten()
    {
        var text = Repository.ReadText(Document);
        var examples = ConsoleExample.In(text, "softmax");

        Assert.NotEmpty(examples);
        foreach (var example in examples)
        {
            var run = await CommandRun.OfAsync(ArgumentsOf(example));
            var output = AsWritten(run.Output);
            if (IsWriting)
            {
                text = example.WithOutput(text, output);
                continue;
            }

            Assert.Equal(example.Output, output);
        }

        if (IsWriting)
        {
            await File.WriteAllTextAsync(Repository.PathOf(Document), text);
        }
    }

    /// <summary>
    /// Output in a document's form: without terminal styles and trailing spaces, with paths relative to the repository.
    /// </summary>
    private static string AsWritten(string output) => string.Join(
        '\n',
        Style().Replace(output, "").Replace(Repository.Root + Path.DirectorySeparatorChar, "", StringComparison.Ordinal)
            .Split('\n').Select(line => line.TrimEnd())).Trim('\n');

    private static string[] ArgumentsOf(ConsoleExample example) =>
    [
        .. example.Command.Split([' ', '\\', '\n'], StringSplitOptions.RemoveEmptyEntries)
            .Skip(1)
            .Select(FromAnywhere),
    ];

    /// <summary>A path of the repository, independent of the working directory.</summary>
    private static string FromAnywhere(string argument) =>
        Path.Exists(Repository.PathOf(argument)) ? Repository.PathOf(argument) : argument;

    [GeneratedRegex(@"\e\[[0-9;]*m")]
    private static partial Regex Style();
}
