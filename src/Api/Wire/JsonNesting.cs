using System.Text.Json;
using SoftmaxService.Api.Problems;

namespace SoftmaxService.Api.Wire;

/// <summary>
/// Tells JSON that is nested too deeply from JSON that is malformed; the reader throws the same exception for both.
/// </summary>
internal static class JsonNesting
{
    /// <summary>Whether reading stopped at a bracket that would have opened one level too many.</summary>
    public static bool IsTooDeep(JsonException fault, ReadOnlySpan<byte> json, int maxDepth) =>
        OffsetOf(fault, json) is { } offset
        && json[offset] is (byte)'[' or (byte)'{'
        && DepthAfter(json[..offset], maxDepth) == maxDepth;

    public static RequestException TooDeep(int maxDepth) => new(
        Problem.MalformedJson,
        $"The JSON is nested deeper than {maxDepth} levels, the most that are read (setting Limits:MaxJsonDepth).");

    private static int? OffsetOf(JsonException fault, ReadOnlySpan<byte> json)
    {
        if (fault is not { LineNumber: { } line, BytePositionInLine: { } position })
        {
            return null;
        }

        var offset = 0;
        for (; line > 0; line--)
        {
            offset += json[offset..].IndexOf((byte)'\n') + 1;
        }

        return offset + position < json.Length ? (int)(offset + position) : null;
    }

    /// <summary>
    /// How many arrays and objects are open at the end of the beginning of a text; null where it is malformed before.
    /// </summary>
    private static int? DepthAfter(ReadOnlySpan<byte> beginning, int maxDepth)
    {
        var state = new JsonReaderState(new JsonReaderOptions { MaxDepth = maxDepth });
        var reader = new Utf8JsonReader(beginning, isFinalBlock: false, state);
        try
        {
            while (reader.Read())
            {
            }
        }
        catch (JsonException)
        {
            return null;
        }

        // A bracket counts itself only from the next token on.
        return reader.CurrentDepth + (
            reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject ? 1 : 0);
    }
}
