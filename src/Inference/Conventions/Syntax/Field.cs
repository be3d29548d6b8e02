using System.Globalization;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Conventions.Syntax;

/// <summary>A value with its place in a file, which reads it as the type that it must have.</summary>
/// <param name="File">The file's name.</param>
/// <param name="Path">The names that lead to the value; empty for the whole file.</param>
/// <param name="Node">The value.</param>
internal sealed record Field(string File, string Path, DataNode Node)
{
    private const int MaxSize = 65_535; // as for the sizes in a manifest

    // The square of a number up to this, and of its reciprocal, is a float.
    private const double Largest = 1e12;

    /// <summary>The field whose default this is; null if the file states it.</summary>
    public string? DefaultOf { get; init; }

    public string Source =>
        DefaultOf is not null ? $"{DefaultOf}, default {Path}" : Path.Length == 0 ? File : $"{File}: {Path}";

    public bool IsMap => Node is DataMap;

    public bool IsList => Node is DataList;

    /// <summary>A value of a map; null where there is none, or the JSON value null.</summary>
    public Field? this[string name] => Node is DataMap map && map.Find(name) is { } found and not DataNull
        ? Inner(Path.Length == 0 ? name : $"{Path}.{name}", found)
        : null;

    /// <summary>Whether a map has this name, even with the value null.</summary>
    public bool Has(string name) => Node is DataMap map && map.Find(name) is not null;

    public static string Place(string file, int line) => line > 0 ? $"{file}, line {line}" : file;

    public Stated<T> State<T>(T value) => new(value, Source, IsDefault: DefaultOf is not null);

    public ConventionException Fault(string reason) =>
        new($"{Place(File, Node.Line)}: {(Path.Length == 0 ? "the content" : Path)} {reason}");

    public IEnumerable<Field> Items() => Node is DataList list
        ? list.Items.Select((item, index) => Inner($"{Path}[{index}]", item))
        : throw Fault("must be a list");

    /// <summary>The values of a map, each with its name.</summary>
    public IEnumerable<(string Name, Field Value)> Entries() => Node is DataMap map
        ? map.Entries.Select(entry => (
            entry.Name, Inner(Path.Length == 0 ? entry.Name : $"{Path}.{entry.Name}", entry.Value)))
        : throw Fault("must be a map");

    public string Text() => Node is DataText text ? text.Text : throw Fault("must be a text");

    public bool Switch() => Node switch
    {
        DataSwitch one => one.IsOn,
        DataText { IsPlain: true, Text: "true" or "True" } => true,
        DataText { IsPlain: true, Text: "false" or "False" } => false,
        _ => throw Fault("must be true or false"),
    };

    public double Number() => FindNumber() switch
    {
        null => throw Fault("must be a number"),
        > Largest or < -Largest or double.NaN => throw Fault("is too large"),
        { } number => number,
    };

    /// <summary>A whole number; null if it is something else.</summary>
    public int? FindWhole() =>
        FindNumber() is { } number && number == Math.Truncate(number) && Math.Abs(number) <= int.MaxValue
            ? (int)number
            : null;

    /// <summary>The length of a side, or a number of channels.</summary>
    public int Size() => FindWhole() switch
    {
        null => throw Fault("must be a whole number"),
        < 1 or > MaxSize => throw Fault($"must be from 1 to {MaxSize}"),
        { } size => size,
    };

    /// <summary>A number that is not 0.</summary>
    public double Divisor() => Number() switch
    {
        0 => throw Fault("must not be 0"),
        > -1 / Largest and < 1 / Largest => throw Fault("is too small"),
        var number => number,
    };

    /// <summary>One number, or one for each of three channels.</summary>
    public IReadOnlyList<double> PerChannel(Func<Field, double> read) => Node is not DataList list
        ? [read(this)]
        : list.Items.Count is 1 or 3
        ? [.. Items().Select(read)]
        : throw Fault($"has {list.Items.Count} values; it needs 1, or one for each of 3 channels");

    /// <summary>A value of this field that something else is about, for messages.</summary>
    public string Quote() => Node switch
    {
        DataText text => $"'{Quoting.Shorten(text.Text)}'",
        DataNumber number => Quoting.Shorten(number.Text),
        _ => "of another type",
    };

    private double? FindNumber() => Node switch
    {
        DataNumber number => number.Number,
        DataText { IsPlain: true } text
            when double.TryParse(text.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
        _ => null,
    };

    private Field Inner(string path, DataNode node) => this with { Path = path, Node = node };
}
