namespace SoftmaxService.Inference.Conventions.Syntax;

/// <summary>What a file may cost: how deep its values may be nested, and how many there may be.</summary>
/// <param name="file">The file's name, for messages.</param>
internal sealed class SyntaxBudget(string file)
{
    public const int MaxDepth = 64;

    private const int MaxValues = 1_000_000;

    private int _values;

    /// <summary>Counts a value.</summary>
    /// <param name="depth">How many maps and lists it is in, itself included.</param>
    /// <param name="line">The line that it begins on.</param>
    public void Count(int depth, int line)
    {
        if (depth > MaxDepth)
        {
            throw new ConventionException(
                $"{Field.Place(file, line)}: the values are nested deeper than {MaxDepth} levels");
        }

        if (++_values > MaxValues)
        {
            throw new ConventionException($"{file} has more than {MaxValues} values");
        }
    }
}
