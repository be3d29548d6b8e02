using System.Text.RegularExpressions;

namespace SoftmaxService.Tests.Support;

/// <summary>
/// A command of a document with its output: in a <c>```console</c> block, a line that starts with <c>$</c> is a
/// command, and the lines up to the next command are its output.
/// </summary>
/// <param name="Command">The command; line continuations are kept.</param>
/// <param name="Output">What it prints, without the last line break.</param>
public sealed partial record ConsoleExample(string Command, string Output)
{
    /// <summary>All examples of a document whose command starts with this word.</summary>
    public static IReadOnlyList<ConsoleExample> In(string markdown, string program) =>
    [
        .. Blocks(markdown).SelectMany(Split)
            .Where(example => example.Command.StartsWith($"{program} ", StringComparison.Ordinal)),
    ];

    /// <summary>The document with another output for this example.</summary>
    public string WithOutput(string markdown, string output) =>
        markdown.Replace($"$ {Command}\n{Output}\n", $"$ {Command}\n{output}\n", StringComparison.Ordinal);

    private static IEnumerable<string> Blocks(string markdown) =>
        Block().Matches(markdown).Select(block => block.Groups["content"].Value);

    private static IEnumerable<ConsoleExample> Split(string block) =>
        from example in Example().Matches(block)
        select new ConsoleExample(example.Groups["command"].Value, example.Groups["output"].Value.TrimEnd('\n'));

    [GeneratedRegex("^```console\n(?<content>.*?\n)```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"^\$ (?<command>(.*\\\n)*.*)\n(?<output>((?!\$ ).*\n)*)", RegexOptions.Multiline)]
    private static partial Regex Example();
}
