using System.Globalization;
using SoftmaxService.Inference.Faults;
using Spectre.Console;

namespace SoftmaxService.Cli.Output;

/// <summary>
/// Where answers go (standard output) and where progress and errors go (standard error), so that a pipe gets answers
/// alone.
/// </summary>
internal sealed class Terminal(TextWriter output, TextWriter error)
{
    private const int PlainWidth = 120;
    private const int PlainProgressLines = 10;

    private readonly IAnsiConsole _output = ConsoleOn(output);
    private readonly IAnsiConsole _error = ConsoleOn(error);

    public TextWriter Output => output;

    public TextWriter Error => error;

    public static Terminal System() => new(Console.Out, Console.Error);

    public void WriteLine(string text = "") => _output.WriteLine(Safe(text));

    public void WriteHeading(string text) => _output.MarkupLineInterpolated($"\n[bold]{Safe(text)}[/]");

    /// <summary>A table without frills; the first column is text, the others are aligned as numbers are.</summary>
    public void WriteTable(IReadOnlyList<string> headings, IEnumerable<IReadOnlyList<string>> rows)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var (index, heading) in headings.Index())
        {
            var column = new TableColumn(Markup.Escape(heading));
            table.AddColumn(index == 0 ? column : column.RightAligned());
        }

        foreach (var row in rows)
        {
            table.AddRow([.. row.Select(cell => new Text(Safe(cell)))]);
        }

        _output.Write(table);
    }

    /// <summary>One line on standard error.</summary>
    public void Say(string text) => error.WriteLine(Safe(text));

    /// <summary>Runs a long task: with a bar on a terminal, with at most ten lines elsewhere.</summary>
    public T Track<T>(string what, int total, Func<Action<int>, T> work) =>
        TrackAsync(what, total, progress => Task.FromResult(work(progress))).GetAwaiter().GetResult();

    /// <inheritdoc cref="Track"/>
    public async Task<T> TrackAsync<T>(string what, int total, Func<Action<int>, Task<T>> work)
    {
        if (!_error.Profile.Capabilities.Interactive || !_error.Profile.Out.IsTerminal)
        {
            var step = Math.Max(1, total / PlainProgressLines);
            return await work(done =>
            {
                if (done % step == 0 || done == total)
                {
                    Say(string.Create(CultureInfo.InvariantCulture, $"{what}: {done} of {total}"));
                }
            });
        }

        return await _error.Progress()
            .AutoClear(true)
            .Columns(
                new TaskDescriptionColumn(),
                new ProgressBarColumn(),
                new PercentageColumn(),
                new RemainingTimeColumn())
            .StartAsync(context =>
            {
                var task = context.AddTask(Markup.Escape(what), maxValue: Math.Max(1, total));
                return work(done => task.Value = done);
            });
    }

    /// <summary>A label or a name in a stranger's file must not steer the terminal.</summary>
    private static string Safe(string text) => string.Join('\n', text.Split('\n').Select(Quoting.EscapeControls));

    private static IAnsiConsole ConsoleOn(TextWriter writer)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        if (!console.Profile.Out.IsTerminal)
        {
            console.Profile.Width = PlainWidth;
        }

        return console;
    }
}
