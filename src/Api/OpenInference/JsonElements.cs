using System.Text.Json;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Settings;
using SoftmaxService.Api.Wire;

namespace SoftmaxService.Api.OpenInference;

/// <summary>
/// Walks the elements of a JSON array in row-major order, however deeply it is nested, as long as it is regular: all
/// arrays of a level have the same length, and all elements are on the same level.
/// </summary>
internal ref struct JsonElements
{
    private const int MaxDepth = LimitsOptions.DeepestJson;

    private readonly string _input;
    private readonly int[] _lengths = new int[MaxDepth]; // of a finished array of each level; -1 while none is finished
    private readonly int[] _counts = new int[MaxDepth];
    private int _depth;
    private int _elementDepth = -1;

    // A field, since a reader is a struct: a property would return copies that advance on their own.
    public Utf8JsonReader Reader;

    public JsonElements(ReadOnlySpan<byte> json, string input)
    {
        _input = input;
        Array.Fill(_lengths, -1);
        Reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        Reader.Read();
        if (Reader.TokenType != JsonTokenType.StartArray)
        {
            throw Reject("data is an array, flat or nested");
        }
    }

    /// <summary>Moves to the next element; false at the end of the outermost array.</summary>
    public bool MoveNext()
    {
        while (Reader.Read())
        {
            switch (Reader.TokenType)
            {
                case JsonTokenType.StartArray:
                    _counts[_depth++]++;
                    _counts[_depth] = 0;
                    break;

                case JsonTokenType.EndArray:
                    _lengths[_depth] = _lengths[_depth] < 0 ? _counts[_depth] : _lengths[_depth];
                    if (_lengths[_depth] != _counts[_depth])
                    {
                        throw Ragged();
                    }

                    if (_depth-- == 0)
                    {
                        return false;
                    }

                    break;

                default:
                    _counts[_depth]++;
                    _elementDepth = _elementDepth < 0 ? _depth : _elementDepth;
                    return _elementDepth == _depth ? true : throw Ragged();
            }
        }

        return false;
    }

    /// <summary>
    /// Rejects an array, once it has been read to its end, that is neither flat nor nested like the shape: its elements
    /// would be mistaken for others.
    /// </summary>
    public readonly void CheckNesting(IReadOnlyList<long> shape, long count)
    {
        var isFlat = _elementDepth == 0 && _lengths[0] == count && _lengths[1] < 0;
        var isShaped = _elementDepth + 1 == shape.Count
            && _lengths[shape.Count] < 0
            && shape.SequenceEqual(_lengths.Take(shape.Count).Select(length => (long)length));
        if (!isFlat && !isShaped)
        {
            throw new RequestException(
                Problem.BadRequest,
                $"The data of input '{_input}' is not nested like its shape [{string.Join(", ", shape)}]. "
                + "Send it flat, or nested like its shape.");
        }
    }

    public RequestException Reject(string requirement) =>
        new(Problem.BadRequest, $"The data of input '{_input}' holds {JsonToken.Describe(ref Reader)}; {requirement}.");

    private readonly RequestException Ragged() =>
        new(
            Problem.BadRequest,
            $"The data of input '{_input}' is nested irregularly. Send it flat, or nested like its shape.");
}
