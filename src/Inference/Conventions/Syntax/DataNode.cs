namespace SoftmaxService.Inference.Conventions.Syntax;

/// <summary>A value in a file of any syntax.</summary>
/// <param name="Line">The line that it begins on, from 1; 0 where it is not known.</param>
internal abstract record DataNode(int Line);

/// <summary>Named values, in the order of the file; a name may occur several times.</summary>
internal sealed record DataMap(IReadOnlyList<DataEntry> Entries, int Line) : DataNode(Line)
{
    /// <summary>The last value of this name, as JSON and YAML readers take it.</summary>
    public DataNode? Find(string name) => Entries.LastOrDefault(entry => entry.Name == name)?.Value;
}

internal sealed record DataEntry(string Name, DataNode Value);

internal sealed record DataList(IReadOnlyList<DataNode> Items, int Line) : DataNode(Line);

/// <param name="Text">The text.</param>
/// <param name="IsPlain">Whether it had no quotes, so that it may be meant as a number or a switch.</param>
/// <param name="Line">The line that it begins on.</param>
internal sealed record DataText(string Text, bool IsPlain, int Line) : DataNode(Line);

/// <param name="Number">The number, which may be infinite.</param>
/// <param name="Text">The number as it is written.</param>
/// <param name="Line">The line that it begins on.</param>
internal sealed record DataNumber(double Number, string Text, int Line) : DataNode(Line);

internal sealed record DataSwitch(bool IsOn, int Line) : DataNode(Line);

internal sealed record DataNull(int Line) : DataNode(Line);
