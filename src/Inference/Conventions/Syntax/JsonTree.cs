using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace SoftmaxService.Inference.Conventions.Syntax;

/// <summary>Reads JSON as RFC 8259 defines it, without comments or trailing commas.</summary>
internal static class JsonTree
{
    /// <exception cref="ConventionException">It is not UTF-8, not JSON, too deep or too large.</exception>
    public static Field Parse(string file, ReadOnlySpan<byte> utf8)
    {
        if (utf8.StartsWith("\uFEFF"u8))
        {
            utf8 = utf8[3..];
        }

        if (!Utf8.IsValid(utf8))
        {
            throw new ConventionException($"{file} is not UTF-8; save it as UTF-8");
        }

        // The budget's own limit is met first.
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = SyntaxBudget.MaxDepth + 1 });
        var lines = new LineCount(utf8);
        var budget = new SyntaxBudget(file);
        try
        {
            reader.Read();
            var root = ReadValue(ref reader, ref lines, budget);
            reader.Read();
            return new Field(file, "", root);
        }
        catch (JsonException fault)
        {
            var line = (int)(fault.LineNumber ?? -1) + 1;
            throw new ConventionException(
                $"{Field.Place(file, line)}: this is not JSON; it ends too early, or something does not belong here",
                fault);
        }
        catch (InvalidOperationException fault)
        {
            throw new ConventionException(
                $"{Field.Place(file, lines.At(reader.TokenStartIndex))}: a text has half of a surrogate pair", fault);
        }
    }

    private static DataNode ReadValue(ref Utf8JsonReader reader, ref LineCount lines, SyntaxBudget budget)
    {
        var line = lines.At(reader.TokenStartIndex);
        var isNested = reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray;
        budget.Count(reader.CurrentDepth + (isNested ? 1 : 0), line);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var entries = new List<DataEntry>();
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    var name = reader.GetString()!; // a property's name is never null
                    reader.Read();
                    entries.Add(new DataEntry(name, ReadValue(ref reader, ref lines, budget)));
                }

                return new DataMap(entries, line);

            case JsonTokenType.StartArray:
                var items = new List<DataNode>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    items.Add(ReadValue(ref reader, ref lines, budget));
                }

                return new DataList(items, line);

            case JsonTokenType.String:
                return new DataText(reader.GetString()!, IsPlain: false, line); // null has a type of its own

            case JsonTokenType.Number:
                return new DataNumber(reader.GetDouble(), Encoding.UTF8.GetString(reader.ValueSpan), line);

            case JsonTokenType.True or JsonTokenType.False:
                return new DataSwitch(reader.GetBoolean(), line);

            default:
                return new DataNull(line);
        }
    }

    /// <summary>Counts lines up to an offset that only grows.</summary>
    private ref struct LineCount(ReadOnlySpan<byte> text)
    {
        private readonly ReadOnlySpan<byte> _text = text;
        private int _offset;
        private int _line = 1;

        public int At(long offset)
        {
            _line += _text[_offset..(int)offset].Count((byte)'\n');
            _offset = (int)offset;
            return _line;
        }
    }
}
