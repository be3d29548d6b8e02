using System.Globalization;
using System.Text;

namespace SoftmaxService.Inference.Conventions.Syntax;

/// <summary>
/// Reads what Python's <c>repr</c> writes for dicts, lists, tuples, texts, numbers, True, False and None, as
/// <c>ast.literal_eval</c> does (https://docs.python.org/3/library/ast.html#ast.literal_eval). Nothing is evaluated.
/// </summary>
internal sealed class PythonLiteral
{
    private readonly string _file;
    private readonly string _path;
    private readonly string _text;
    private readonly SyntaxBudget _budget;
    private int _at;

    private PythonLiteral(string file, string path, string text) =>
        (_file, _path, _text, _budget) = (file, path, text, new SyntaxBudget(file));

    private char Next => _at < _text.Length ? _text[_at] : '\0';

    /// <exception cref="ConventionException">It is not a literal, or too deep or too large.</exception>
    public static Field Parse(string file, string path, string text)
    {
        var literal = new PythonLiteral(file, path, text);
        var node = literal.ReadValue(depth: 0);
        literal.SkipSpace();
        return literal._at == text.Length
            ? new Field(file, path, node)
            : throw literal.Fault("something follows the value");
    }

    private DataNode ReadValue(int depth)
    {
        SkipSpace();
        _budget.Count(depth, line: 0);
        switch (Next)
        {
            case '{':
                return ReadDict(depth);
            case '[':
                return ReadList(']', depth);
            case '(':
                return ReadList(')', depth);
            case '\'' or '"':
                return new DataText(ReadText(), IsPlain: false, Line: 0);
            case 'u' when _at + 1 < _text.Length && _text[_at + 1] is '\'' or '"':
                _at++;
                return new DataText(ReadText(), IsPlain: false, Line: 0);
        }

        var start = _at;
        while (char.IsAsciiLetterOrDigit(Next) || Next is '+' or '-' or '.' or '_')
        {
            _at++;
        }

        var word = _text[start.._at];
        return word switch
        {
            "True" => new DataSwitch(IsOn: true, Line: 0),
            "False" => new DataSwitch(IsOn: false, Line: 0),
            "None" => new DataNull(Line: 0),
            _ when word.Length > 0 && !char.IsAsciiLetter(word[0]) && TryNumber(word, out var number) =>
                new DataNumber(number, word, Line: 0),
            _ => throw Fault("a value is missing"),
        };
    }

    private DataMap ReadDict(int depth)
    {
        var entries = new List<DataEntry>();
        for (_at++; ;)
        {
            SkipSpace();
            if (Skip('}'))
            {
                return new DataMap(entries, Line: 0);
            }

            var name = ReadValue(depth + 1) switch
            {
                DataText text => text.Text,
                DataNumber number => number.Text,
                _ => throw Fault("a key is neither a text nor a number"),
            };
            SkipSpace();
            if (!Skip(':'))
            {
                throw Fault("a colon is missing");
            }

            entries.Add(new DataEntry(name, ReadValue(depth + 1)));
            SkipSpace();
            if (!Skip(',') && Next != '}')
            {
                throw Fault("a comma or a closing brace is missing");
            }
        }
    }

    private DataList ReadList(char end, int depth)
    {
        var items = new List<DataNode>();
        for (_at++; ;)
        {
            SkipSpace();
            if (Skip(end))
            {
                return new DataList(items, Line: 0);
            }

            items.Add(ReadValue(depth + 1));
            SkipSpace();
            if (!Skip(',') && Next != end)
            {
                throw Fault("a comma or a closing bracket is missing");
            }
        }
    }

    private string ReadText()
    {
        var quote = _text[_at++];
        var text = new StringBuilder();
        while (Next != quote || _at >= _text.Length)
        {
            if (_at >= _text.Length || Next is '\n')
            {
                throw Fault("a text does not end");
            }

            if (Next == '\\')
            {
                _at++;
                ReadEscape(text);
            }
            else
            {
                text.Append(_text[_at++]);
            }
        }

        _at++;
        return text.ToString();
    }

    // https://docs.python.org/3/reference/lexical_analysis.html#escape-sequences
    private void ReadEscape(StringBuilder text)
    {
        var letter = Next;
        _at++;
        switch (letter)
        {
            case '\\' or '\'' or '"':
                text.Append(letter);
                break;
            case '\n':
                break;
            case 'a':
                text.Append('\a');
                break;
            case 'b':
                text.Append('\b');
                break;
            case 'f':
                text.Append('\f');
                break;
            case 'n':
                text.Append('\n');
                break;
            case 'r':
                text.Append('\r');
                break;
            case 't':
                text.Append('\t');
                break;
            case 'v':
                text.Append('\v');
                break;
            case 'x':
                AppendHex(text, 2);
                break;
            case 'u':
                AppendHex(text, 4);
                break;
            case 'U':
                AppendHex(text, 8);
                break;
            case >= '0' and <= '7':
                var code = letter - '0';
                for (var digits = 1; digits < 3 && Next is >= '0' and <= '7'; digits++)
                {
                    code = (code * 8) + (_text[_at++] - '0');
                }

                text.Append((char)code);
                break;
            default:
                throw Fault("a text has an unknown escape");
        }
    }

    private void AppendHex(StringBuilder text, int digits)
    {
        if (_at + digits <= _text.Length
            && int.TryParse(
                _text.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)
            && Rune.IsValid(code))
        {
            _at += digits;
            text.Append(new Rune(code).ToString());
            return;
        }

        throw Fault("a string has an escape that does not name a character");
    }

    private void SkipSpace()
    {
        while (Next is ' ' or '\t' or '\r' or '\n')
        {
            _at++;
        }
    }

    private bool Skip(char one)
    {
        if (_at < _text.Length && _text[_at] == one)
        {
            _at++;
            return true;
        }

        return false;
    }

    private static bool TryNumber(string word, out double number) =>
        double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out number);

    private ConventionException Fault(string reason) =>
        new($"{_file}: {_path} is not a Python literal: {reason} at character {_at + 1}");
}
