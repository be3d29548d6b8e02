using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace SoftmaxService.Inference.Conventions.Syntax;

/// <summary>
/// Reads YAML 1.2 (https://yaml.org/spec/1.2.2/) by the events of YamlDotNet's parser, which creates no objects of its
/// own. Aliases and tags, which the writers here do not use, are rejected: they make a small file large, or name code.
/// </summary>
internal static class YamlTree
{
    /// <exception cref="ConventionException">It is not such YAML, or too deep or too large.</exception>
    public static Field Parse(string file, string text)
    {
        var parser = new Parser(new StringReader(text));
        var budget = new SyntaxBudget(file);
        try
        {
            parser.Consume<StreamStart>();
            parser.Consume<DocumentStart>();
            return new Field(file, "", ReadValue(file, parser, budget, depth: 0));
        }
        catch (Exception fault) when (fault is YamlException or InvalidOperationException)
        {
            // The scanner throws an InvalidOperationException where a plain text is cut off within brackets.
            var line = (fault as YamlException)?.Start.Line ?? parser.Current?.Start.Line ?? 0;
            throw new ConventionException(
                $"{Field.Place(file, (int)line)}: this is not YAML; something does not belong here", fault);
        }
    }

    private static DataNode ReadValue(string file, Parser parser, SyntaxBudget budget, int depth)
    {
        var line = (int)(parser.Current?.Start.Line ?? 0);
        budget.Count(depth, line);
        if (parser.Current is NodeEvent { Tag.IsEmpty: false } or AnchorAlias)
        {
            throw new ConventionException($"{Field.Place(file, line)}: tags and aliases of YAML are not read");
        }

        if (parser.TryConsume<MappingStart>(out _))
        {
            var entries = new List<DataEntry>();
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                var name = parser.Consume<Scalar>().Value;
                entries.Add(new DataEntry(name, ReadValue(file, parser, budget, depth + 1)));
            }

            return new DataMap(entries, line);
        }

        if (parser.TryConsume<SequenceStart>(out _))
        {
            var items = new List<DataNode>();
            while (!parser.TryConsume<SequenceEnd>(out _))
            {
                items.Add(ReadValue(file, parser, budget, depth + 1));
            }

            return new DataList(items, line);
        }

        var scalar = parser.Consume<Scalar>();
        var isPlain = scalar.Style == ScalarStyle.Plain;
        return isPlain && scalar.Value is "" or "~" or "null"
            ? new DataNull(line)
            : new DataText(scalar.Value, isPlain, line);
    }
}
