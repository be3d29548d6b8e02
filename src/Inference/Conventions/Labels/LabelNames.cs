using System.Globalization;
using System.Text.RegularExpressions;
using SoftmaxService.Inference.Conventions.Syntax;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Conventions.Labels;

/// <summary>
/// Reads class names from any of the forms in use: a list, a map from index to name or from name to index, or one of
/// these in a field with a usual name.
/// </summary>
internal static partial class LabelNames
{
    private static readonly string[] Wrappers = ["classes", "labels", "names", "class_names", "id2label", "label2id"];

    /// <exception cref="ConventionException">
    /// It has none of these forms, an index is missing or repeated, or a name is empty.
    /// </exception>
    public static IReadOnlyList<string> Read(Field field) => Unwrap(field) switch
    {
        { IsList: true } list => [.. list.Items().Select(NameOf)],
        { IsMap: true } map => ReadMap(map),
        _ => throw field.Fault("must be a list of names, or a map with their indices"),
    };

    /// <summary>
    /// The names without the numbers 0, 1, 2 … or WordNet's ids in front of them, if every name has one: Teachable
    /// Machine and PaddleClas write <c>0 cat</c>, Caffe's synset_words.txt <c>n01440764 tench, Tinca tinca</c>.
    /// </summary>
    public static IReadOnlyList<string> WithoutNumbers(IReadOnlyList<string> lines)
    {
        var numbered = lines.Select(line => NumberedName().Match(line)).ToArray();
        if (numbered.Index().All(one => one.Item.Groups[1].Value == one.Index.ToString(CultureInfo.InvariantCulture)))
        {
            return [.. numbered.Select(match => match.Groups[2].Value)];
        }

        var ids = lines.Select(line => SynsetName().Match(line)).ToArray();
        return ids.All(match => match.Success) ? [.. ids.Select(match => match.Groups[1].Value)] : lines;
    }

    /// <summary>Whether a name is an id of WordNet, such as <c>n01440764</c>.</summary>
    public static bool IsSynset(string name) => Synset().IsMatch(name);

    /// <summary>
    /// The names as the classes of a model with so many outputs. A model with 1001 has a background in front of
    /// ImageNet's 1000 classes; any other number that does not fit states nothing.
    /// </summary>
    public static StatedModel State(IReadOnlyList<string> names, string source, int? classCount)
    {
        if (classCount is null || classCount == names.Count)
        {
            return new StatedModel { Labels = new Stated<IReadOnlyList<string>>(names, source) };
        }

        return (classCount, names.Count) is (1001, 1000)
            ? new StatedModel { Labels = new Stated<IReadOnlyList<string>>(["background", .. names], source) }.Warn(
                $"{source} has 1000 names and the model 1001 outputs; the first is taken for 'background'")
            : StatedModel.OnlyWarning(
                $"{source} has {names.Count} names, but the model {classCount} outputs; it is not used");
    }

    private static Field Unwrap(Field field) =>
        Array.Find(Wrappers, name => field[name] is { IsList: true } or { IsMap: true }) is { } wrapper
            ? field[wrapper]!
            : field;

    private static string[] ReadMap(Field map)
    {
        var entries = map.Entries().ToArray();
        if (entries.Length == 0)
        {
            throw map.Fault("has no names");
        }

        (int Index, string Name, Field Field)[] classes =
            Array.TrueForAll(entries, entry => entry.Value.FindWhole() is not null)
                ? [.. entries.Select(entry => (IndexOf(entry.Value), Checked(entry.Name, entry.Value), entry.Value))]
                : Array.TrueForAll(entries, entry => IndexOf(entry.Name) is not null)
                ? [.. entries.Select(entry => (IndexOf(entry.Name)!.Value, NameOf(entry.Value), entry.Value))]
                : Array.TrueForAll(entries, entry => entry.Value.Node is DataText { Text: var text }
                    && IndexOf(text) is not null)
                ? [.. entries.Select(entry => (
                    IndexOf(entry.Value.Text())!.Value, Checked(entry.Name, entry.Value), entry.Value))]
                : throw map.Fault("must map every index to a name, or every name to an index");
        var names = new string[classes.Length]; // null where no index has been seen
        foreach (var (index, name, field) in classes)
        {
            if (index >= names.Length)
            {
                continue; // then another index is missing
            }

            names[index] = names[index] is null ? name : throw field.Fault($"gives the index {index} a second time");
        }

        var hole = Array.IndexOf(names, null);
        return hole < 0
            ? names
            : throw map.Fault($"has {names.Length} names, but none with the index {hole}");
    }

    /// <summary>A name, or Keras' pair of WordNet's id and a name.</summary>
    private static string NameOf(Field field) => field.Node switch
    {
        DataText text => Checked(text.Text, field),
        DataNumber number => number.Text,
        DataList { Items: [DataText id, DataText name] } when IsSynset(id.Text) => Checked(name.Text, field),
        _ => throw field.Fault("must be a name"),
    };

    private static string Checked(string name, Field field) =>
        string.IsNullOrWhiteSpace(name) ? throw field.Fault("has an empty name")
        : name.Any(char.IsControl)
            ? throw field.Fault($"has a name with control characters: '{Quoting.Shorten(Printable(name))}'")
        : name;

    private static string Printable(string name) => string.Concat(name.Select(one => char.IsControl(one) ? '?' : one));

    private static int IndexOf(Field field) =>
        field.FindWhole() is >= 0 and var index ? index : throw field.Fault("must be an index from 0");

    private static int? IndexOf(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : null;

    [GeneratedRegex(@"^([0-9]+)[ \t]+(\S.*)$")]
    private static partial Regex NumberedName();

    [GeneratedRegex(@"^n[0-9]{8}[ \t]+(\S.*)$")]
    private static partial Regex SynsetName();

    [GeneratedRegex("^n[0-9]{8}$")]
    private static partial Regex Synset();
}
