using System.Text.RegularExpressions;
using SoftmaxService.Inference.Conventions.Syntax;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Conventions.Labels;

/// <summary>
/// Reads class names from any of the forms in use: a list of names or of objects, a map from index to name or from name
/// to index, or one of these in a field with a usual name.
/// </summary>
internal static partial class LabelNames
{
    // Programs that write several of them write the same classes; the index to the name is the clearest.
    private static readonly string[] Wrappers =
    [
        "classes", "labels", "names", "class_names", "id2label", "index_to_name", "idx_to_class", "index_to_class",
        "label2id", "class_to_idx", "class_to_index",
    ];

    private static readonly string[] NameFields = ["name", "label", "class", "class_name"];
    private static readonly string[] IndexFields = ["id", "index", "idx", "class_id", "label", "class"];

    /// <param name="field">The names.</param>
    /// <param name="classCount">The number of classes, if the graph states it.</param>
    /// <exception cref="ConventionException">
    /// It has none of these forms, an index is missing or repeated, or a name is empty.
    /// </exception>
    public static ClassNames Read(Field field, int? classCount) => Unwrap(field) switch
    {
        { IsList: true } list => ReadList(list, classCount),
        { IsMap: true } map => LabelMap.Read(map, classCount),
        _ => throw field.Fault("must be a list of names, or a map with their indices"),
    };

    /// <summary>Whether a name is an id of WordNet, such as <c>n01440764</c>.</summary>
    public static bool IsSynset(string name) => Synset().IsMatch(name);

    /// <summary>A name, Keras' pair of WordNet's id and a name, or an object with a name.</summary>
    public static string NameOf(Field field) => field.Node switch
    {
        DataText text => Checked(text.Text, field),
        DataNumber number => number.Text,
        DataList { Items: [DataText id, DataText name] } when IsSynset(id.Text) => Checked(name.Text, field),
        DataMap when NameFields.Select(name => field[name]).FirstOrDefault(one => one?.Node is DataText) is { } name =>
            Checked(name.Text(), name),
        _ => throw field.Fault("must be a name"),
    };

    /// <summary>A name that can be shown.</summary>
    public static string Checked(string name, Field field) =>
        string.IsNullOrWhiteSpace(name) ? throw field.Fault("has an empty name")
        : name.Any(char.IsControl)
            ? throw field.Fault($"has a name with control characters: '{Quoting.Shorten(Printable(name))}'")
        : name;

    private static ClassNames ReadList(Field list, int? classCount)
    {
        Field[] items = [.. list.Items()];
        var indices = Array.ConvertAll(items, IndexOf);
        if (Array.TrueForAll(indices, index => index is null))
        {
            return new ClassNames(Array.ConvertAll(items, NameOf));
        }

        var bare = Array.IndexOf(indices, null);
        return bare >= 0
            ? throw items[bare].Fault("must have an index, as others do")
            : LabelMap.Order(
                [.. items.Zip(indices, (item, index) => new IndexedName(index!.Value, NameOf(item), item))],
                list,
                classCount); // every index is there
    }

    private static int? IndexOf(Field item) => IndexFields
        .Select(name => item[name] is { Node: DataNumber } number ? number.FindWhole() : null)
        .FirstOrDefault(index => index is not null);

    private static Field Unwrap(Field field) =>
        Array.Find(Wrappers, name => field[name] is { IsList: true } or { IsMap: true }) is { } wrapper
            ? field[wrapper]!
            : field;

    private static string Printable(string name) => string.Concat(name.Select(one => char.IsControl(one) ? '?' : one));

    [GeneratedRegex("^n[0-9]{8}$")]
    private static partial Regex Synset();
}
