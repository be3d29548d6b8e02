using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Cli.Data;

/// <summary>The classes that a data set's labels may name; or any at all, where only the images matter.</summary>
internal sealed class Labels
{
    private const int MostNamed = 20;

    private readonly IReadOnlyList<string>? _names;

    private Labels(IReadOnlyList<string>? names) => _names = names;

    /// <summary>Labels are not read: the images are out of distribution.</summary>
    public static Labels Ignored { get; } = new(null);

    public bool AreIgnored => _names is null;

    /// <summary>Whether the classes have no names but their numbers.</summary>
    public bool AreNumbers =>
        _names is not null && _names.Index().All(name => name.Item == $"{name.Index}");

    public static Labels Of(IReadOnlyList<string> names) => new(names);

    /// <summary>A class by its number.</summary>
    /// <exception cref="DataException">There is no such class.</exception>
    public int Check(int label, Func<string> source) =>
        _names switch
        {
            null => -1,
            _ when (uint)label < (uint)_names.Count => label,
            _ => throw new DataException(
                $"{source()}: label {label} is not a class; the model has {_names.Count}, numbered from 0."),
        };

    /// <summary>A class by its name, else by its number.</summary>
    /// <returns>−1 where there is none.</returns>
    public int Find(string label)
    {
        for (var index = 0; index < _names?.Count; index++)
        {
            if (_names[index] == label)
            {
                return index;
            }
        }

        return
            int.TryParse(
                label,
                System.Globalization.NumberStyles.None,
                System.Globalization.CultureInfo.InvariantCulture,
                out var number)
            && number < _names?.Count
            ? number
            : -1;
    }

    /// <summary>The names, for a message.</summary>
    public override string ToString() =>
        _names switch
        {
            null => "any",
            { Count: > MostNamed } =>
                $"{string.Join(", ", _names.Take(MostNamed).Select(Quoting.Shorten))}, … ({_names.Count} in all)",
            _ => string.Join(", ", _names.Select(Quoting.Shorten)),
        };
}
