using System.Globalization;
using SoftmaxService.Inference.Conventions.Syntax;

namespace SoftmaxService.Inference.Conventions.Labels;

/// <param name="Index">The number of the class.</param>
/// <param name="Name">Its name.</param>
/// <param name="Field">The field that gives them, for messages.</param>
internal sealed record IndexedName(int Index, string Name, Field Field);

/// <summary>A map from index to name or from name to index.</summary>
internal static class LabelMap
{
    // Fields that say which side holds the names.
    private static readonly string[] FromIndex =
        ["names", "id2label", "index_to_name", "idx_to_class", "index_to_class"];

    private static readonly string[] FromName = ["label2id", "class_to_idx", "class_to_index"];

    /// <exception cref="ConventionException">An index is missing or repeated, or a name is empty.</exception>
    public static ClassNames Read(Field map, int? classCount)
    {
        (string Name, Field Value)[] entries = [.. map.Entries()];
        if (entries.Length == 0)
        {
            throw map.Fault("has no names");
        }

        var hasLeft = Array.TrueForAll(entries, entry => IndexOf(entry.Name) is not null);
        var hasWholes = Array.TrueForAll(entries, entry => entry.Value.FindWhole() is not null);
        var hasRight = hasWholes || Array.TrueForAll(entries, entry => FindIndex(entry.Value) is not null);
        return (hasLeft, hasRight) switch
        {
            (true, true) => ReadNumbers(map, entries, hasWholes, classCount),
            (true, false) => Order(ByLeft(entries), map, classCount),
            (false, true) => Order(ByRight(entries), map, classCount),
            _ => throw map.Fault("must map every index to a name, or every name to an index"),
        };
    }

    /// <summary>The names in the order of their indices, from 0 or from 1, without holes or with few enough.</summary>
    /// <inheritdoc cref="Read" path="/exception"/>
    public static ClassNames Order(IReadOnlyList<IndexedName> classes, Field field, int? classCount)
    {
        var count = classes.Count;
        var seen = new HashSet<int>();
        foreach (var (index, _, one) in classes)
        {
            if (!seen.Add(index))
            {
                throw one.Fault($"gives the index {index} a second time");
            }
        }

        var (lowest, highest) = (seen.Min(), seen.Max());
        if (highest - lowest == count - 1 && (lowest == 0 || (lowest == 1 && (classCount ?? count) == count)))
        {
            return new ClassNames([.. classes.OrderBy(one => one.Index).Select(one => one.Name)]);
        }

        if (classCount is not { } all || lowest < 0 || highest >= all)
        {
            var hole = Enumerable.Range(0, count).First(index => !seen.Contains(index));
            throw field.Fault($"has {count} names, but none with the index {hole}");
        }

        string[] names = [.. Enumerable.Range(0, all).Select(index => index.ToString(CultureInfo.InvariantCulture))];
        foreach (var (index, name, _) in classes)
        {
            names[index] = name;
        }

        return new ClassNames(names, $"names {count} of {all} classes; the others are called by their numbers");
    }

    /// <summary>
    /// Classes that are called by numbers, such as folders of digits, whose order is often that of texts: 0, 1, 10, 2.
    /// </summary>
    private static ClassNames ReadNumbers(
        Field map, (string Name, Field Value)[] entries, bool hasWholes, int? classCount)
    {
        var left = Try(() => Order(ByLeft(entries), map, classCount));
        var right = Try(() => Order(ByRight(entries), map, classCount));
        var wrapper = map.Path.Split('.')[^1];
        bool? says = FromIndex.Contains(wrapper) ? true : FromName.Contains(wrapper) ? false : null;
        var isLeft = right.Names is null || (left.Names is not null && (says ?? !hasWholes));
        var (names, fault) = isLeft && left.Names is not null ? left : right;
        if (names is null)
        {
            throw fault!; // without names there is a fault
        }

        var isCertain = isLeft == says || (says is null && !hasWholes && right.Names is null);
        return isCertain || (left.Names?.Names.SequenceEqual(right.Names?.Names ?? []) ?? false)
            ? names
            : names with
            {
                Warnings =
                [
                    .. names.Warnings,
                    "maps numbers to numbers; those on the left are taken for "
                        + (isLeft ? "indices, those on the right for names" : "names, those on the right for indices"),
                ],
            };
    }

    private static (ClassNames? Names, ConventionException? Fault) Try(Func<ClassNames> read)
    {
        try
        {
            return (read(), null);
        }
        catch (ConventionException fault)
        {
            return (null, fault);
        }
    }

    private static IndexedName[] ByLeft((string Name, Field Value)[] entries) =>
        Array.ConvertAll(entries, entry => new IndexedName(
            IndexOf(entry.Name)!.Value, LabelNames.NameOf(entry.Value), entry.Value)); // every name is an index

    private static IndexedName[] ByRight((string Name, Field Value)[] entries) =>
        Array.ConvertAll(entries, entry => new IndexedName(
            FindIndex(entry.Value) is >= 0 and var index ? index : throw entry.Value.Fault("must be an index from 0"),
            LabelNames.Checked(entry.Name, entry.Value),
            entry.Value));

    private static int? FindIndex(Field value) =>
        value.FindWhole() ?? (value.Node is DataText text ? IndexOf(text.Text) : null);

    private static int? IndexOf(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : null;
}
