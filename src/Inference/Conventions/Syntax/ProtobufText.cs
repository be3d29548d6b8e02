using System.Text;

namespace SoftmaxService.Inference.Conventions.Syntax;

/// <summary>
/// Reads protocol buffers in their text format (https://protobuf.dev/reference/protobuf/textformat-spec/) without
/// knowing the message: a field that is repeated occurs several times, or holds a list.
/// </summary>
internal sealed class ProtobufText
{
    private readonly string _file;
    private readonly string _text;
    private readonly SyntaxBudget _budget;
    private int _at;
    private int _line = 1;

    private ProtobufText(string file, string text) => (_file, _text, _budget) = (file, text, new SyntaxBudget(file));

    private char Next => _at < _text.Length ? _text[_at] : '\0';

    private bool IsAtEnd => _at >= _text.Length;

    /// <exception cref="ConventionException">It is not the text format, or too deep or too large.</exception>
    public static Field Parse(string file, string text)
    {
        var reader = new ProtobufText(file, text);
        return new Field(file, "", reader.ReadMessage(end: null, depth: 0));
    }

    private DataMap ReadMessage(char? end, int depth)
    {
        var line = _line;
        _budget.Count(depth, line);
        var entries = new List<DataEntry>();
        while (true)
        {
            SkipSpace();
            if (end is { } closing ? Skip(closing) : IsAtEnd)
            {
                return new DataMap(entries, line);
            }

            var name = ReadName();
            SkipSpace();
            var hasColon = Skip(':');
            SkipSpace();
            if (!hasColon && Next is not ('{' or '<' or '['))
            {
                throw Fault("a colon is missing");
            }

            entries.Add(new DataEntry(name, ReadValue(depth + 1)));
            SkipSpace();
            _ = Skip(',') || Skip(';');
        }
    }

    private DataNode ReadValue(int depth)
    {
        var line = _line;
        _budget.Count(depth, line);
        switch (Next)
        {
            case '{':
                _at++;
                return ReadMessage('}', depth);
            case '<':
                _at++;
                return ReadMessage('>', depth);
            case '[':
                return ReadList(depth);
            case '"' or '\'':
                return new DataText(ReadTexts(), IsPlain: false, line);
        }

        var start = _at;
        while (char.IsAsciiLetterOrDigit(Next) || Next is '_' or '.' or '+' or '-')
        {
            _at++;
        }

        return _at > start ? new DataText(_text[start.._at], IsPlain: true, line) : throw Fault("a value is missing");
    }

    private DataList ReadList(int depth)
    {
        var line = _line;
        var items = new List<DataNode>();
        _at++;
        SkipSpace();
        while (!Skip(']'))
        {
            items.Add(ReadValue(depth + 1));
            SkipSpace();
            if (!Skip(',') && Next != ']')
            {
                throw Fault("a comma or a closing bracket is missing");
            }

            SkipSpace();
        }

        return new DataList(items, line);
    }

    /// <summary>Texts that follow each other are one.</summary>
    private string ReadTexts()
    {
        var text = new StringBuilder();
        while (Next is '"' or '\'')
        {
            var quote = _text[_at++];
            while (!Skip(quote))
            {
                if (IsAtEnd || Next is '\n')
                {
                    throw Fault("a text does not end");
                }

                if (Skip('\\'))
                {
                    text.Append(Next switch
                    {
                        '\\' or '\'' or '"' or '?' => Next,
                        'n' => '\n',
                        'r' => '\r',
                        't' => '\t',
                        _ => throw Fault("a text has an escape that is not read"),
                    });
                    _at++;
                }
                else
                {
                    text.Append(_text[_at++]);
                }
            }

            SkipSpace();
        }

        return text.ToString();
    }

    private string ReadName()
    {
        var start = _at;
        while (char.IsAsciiLetterOrDigit(Next) || Next == '_')
        {
            _at++;
        }

        return _at > start ? _text[start.._at] : throw Fault("the name of a field is missing");
    }

    private void SkipSpace()
    {
        while (!IsAtEnd)
        {
            if (Next == '#')
            {
                var rest = _text.AsSpan(_at).IndexOf('\n');
                _at = rest < 0 ? _text.Length : _at + rest;
            }
            else if (char.IsWhiteSpace(Next))
            {
                _line += Next == '\n' ? 1 : 0;
                _at++;
            }
            else
            {
                return;
            }
        }
    }

    private bool Skip(char one)
    {
        if (!IsAtEnd && Next == one)
        {
            _at++;
            return true;
        }

        return false;
    }

    private ConventionException Fault(string reason) =>
        new($"{Field.Place(_file, _line)}: this is not protocol buffer text: {reason}");
}
