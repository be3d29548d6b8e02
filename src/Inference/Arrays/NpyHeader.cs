using System.Globalization;
using System.Text;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Arrays;

/// <summary>
/// The header of a <c>.npy</c> file: a Python dict with the keys <c>descr</c>, <c>fortran_order</c> and <c>shape</c>
/// (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html). It is parsed, never evaluated.
/// </summary>
internal sealed class NpyHeader
{
    private readonly string _text;
    private int _at;
    private string? _descr;
    private bool? _isFortranOrder;
    private int[]? _shape;

    private NpyHeader(string text) => _text = text;

    public NumpyElementType ElementType { get; private set; }

    public bool IsBigEndian { get; private set; }

    public bool IsFortranOrder => _isFortranOrder ?? false;

    public int[] Shape => _shape ?? [];

    /// <summary>The number of bytes after the header, at most <see cref="int.MaxValue"/>.</summary>
    public int DataLength { get; private set; }

    private char Next => _at < _text.Length ? _text[_at] : '\0';

    /// <exception cref="InvalidDataException">It is no such dict, or describes no array that is read.</exception>
    public static NpyHeader Parse(string text)
    {
        var header = new NpyHeader(text);
        header.ReadDict();
        header.Interpret();
        return header;
    }

    /// <summary>A header for C order, little-endian, without padding.</summary>
    public static string Write(NumpyArray array)
    {
        var sizes = string.Join(", ", array.Shape.Select(size => size.ToString(CultureInfo.InvariantCulture)));
        var shape = new StringBuilder("(").Append(sizes).Append(array.Shape.Count == 1 ? ",)" : ")");
        var descr = NumpyElements.Describe(array.ElementType);
        return $"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}";
    }

    private void ReadDict()
    {
        Expect('{');
        while (!Skip('}'))
        {
            var key = ReadText();
            Expect(':');
            switch (key)
            {
                case "descr" when _descr is null:
                    _descr = ReadDescr();
                    break;
                case "fortran_order" when _isFortranOrder is null:
                    _isFortranOrder = ReadSwitch();
                    break;
                case "shape" when _shape is null:
                    _shape = ReadShape();
                    break;
                case "descr" or "fortran_order" or "shape":
                    throw Fault($"has '{key}' twice");
                default:
                    throw Fault($"has the unknown key '{Quoting.Shorten(key)}'");
            }

            if (!Skip(',') && Next != '}')
            {
                throw Malformed("a comma or a closing brace");
            }
        }

        SkipSpace();
        if (_at < _text.Length)
        {
            throw Malformed("nothing more");
        }

        if (_descr is null || _isFortranOrder is null || _shape is null)
        {
            throw Fault("needs the keys 'descr', 'fortran_order' and 'shape'");
        }
    }

    private void Interpret()
    {
        var descr = _descr!; // ReadDict ensures it
        var order = descr.Length > 0 ? descr[0] : '\0';
        var type = order is '<' or '>' or '|' ? NumpyElements.Find(descr.AsSpan(1)) : null;
        if (type is not { } found || (order == '|' && NumpyElements.SizeOf(found) > 1))
        {
            throw new InvalidDataException(
                $"the elements are of the type '{Quoting.Shorten(descr)}', which is not read{Why(descr)}; save floats "
                + "of 16, 32 or 64 bits, integers of 8 to 64 bits or bools, for example with astype('float32')");
        }

        (ElementType, IsBigEndian) = (found, order == '>');
        long length = NumpyElements.SizeOf(found);
        foreach (var size in Shape)
        {
            // Both are below 2^31, so that this does not overflow.
            length *= size;
            if (length > int.MaxValue)
            {
                throw new InvalidDataException(
                    $"the shape {NumpyArray.TextOf(Shape)} has more than {int.MaxValue} bytes; save a smaller array");
            }
        }

        DataLength = (int)length;
    }

    private static string Why(string descr) => descr.AsSpan().TrimStart("<>|=") switch
    {
        ['O', ..] => ": these are pickled Python objects",
        ['c', ..] => ": these are complex numbers",
        ['U' or 'S' or 'a', ..] => ": these are texts",
        ['V', ..] => ": these are raw bytes; NumPy writes bfloat16 so",
        _ => "",
    };

    private string ReadDescr()
    {
        SkipSpace();
        return Next is '[' or '(' or '{'
            ? throw new InvalidDataException(
                "the elements are structured (several named fields), which is not read; save one field as an array of "
                + "its own")
            : ReadText();
    }

    private bool ReadSwitch()
    {
        SkipSpace();
        foreach (var (word, value) in new[] { ("True", true), ("False", false) })
        {
            if (_text.AsSpan(_at).StartsWith(word, StringComparison.Ordinal))
            {
                _at += word.Length;
                return value;
            }
        }

        throw Malformed("True or False");
    }

    private int[] ReadShape()
    {
        var sizes = new List<int>();
        Expect('(');
        for (var hasComma = true; !Skip(')'); hasComma = Skip(','))
        {
            if (!hasComma)
            {
                throw Malformed("a comma or a closing parenthesis");
            }

            if (sizes.Count == NumpyArray.MaxRank)
            {
                throw new InvalidDataException(
                    $"the shape has more than {NumpyArray.MaxRank} axes, the most that NumPy writes");
            }

            sizes.Add(ReadSize());
        }

        return sizes.Count == 1 && !_text.AsSpan(0, _at - 1).TrimEnd().EndsWith(",", StringComparison.Ordinal)
            ? throw Fault("has a number for 'shape' instead of a tuple, which of one size is written as (3,)")
            : [.. sizes];
    }

    private int ReadSize()
    {
        SkipSpace();
        var start = _at;
        while (char.IsAsciiDigit(Next))
        {
            _at++;
        }

        var digits = _text.AsSpan(start, _at - start);
        if (digits.IsEmpty)
        {
            throw Malformed("a size of at least 0");
        }

        // Python 2 wrote large integers so.
        if (Next == 'L')
        {
            _at++;
        }

        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var size)
            ? size
            : throw new InvalidDataException(
                $"the shape has an axis of {Quoting.Shorten(digits.ToString())} elements; at most {int.MaxValue} are "
                + "read");
    }

    private string ReadText()
    {
        SkipSpace();
        var quote = Next;
        if (quote is not ('\'' or '"'))
        {
            throw Malformed("a text in quotes");
        }

        var start = ++_at;
        while (Next != quote)
        {
            if (_at >= _text.Length || Next is '\\' or '\n')
            {
                throw Malformed("the end of a text without escapes");
            }

            _at++;
        }

        return _text[start.._at++];
    }

    private void Expect(char one)
    {
        if (!Skip(one))
        {
            throw Malformed($"'{one}'");
        }
    }

    private bool Skip(char one)
    {
        SkipSpace();
        if (_at >= _text.Length || _text[_at] != one)
        {
            return false;
        }

        _at++;
        return true;
    }

    private void SkipSpace()
    {
        while (Next is ' ' or '\t' or '\r' or '\n')
        {
            _at++;
        }
    }

    private InvalidDataException Malformed(string expected) =>
        Fault($"is not one that NumPy writes: {expected} belongs at character {_at + 1}");

    private static InvalidDataException Fault(string reason) => new($"the header {reason}");
}
