using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace SoftmaxService.Inference.Faults;

/// <summary>
/// Says what is wrong with JSON in its writer's terms: the serializer's own messages speak of .NET types. They are not
/// looked at. The JSON is read again up to where the serializer stopped, and compared with the contract.
/// </summary>
public static class JsonFault
{
    /// <summary>One sentence, with the position where reading stopped.</summary>
    /// <param name="fault">What the serializer reported.</param>
    /// <param name="json">The UTF-8 that it was given.</param>
    /// <param name="type">The contract that it was given.</param>
    public static string Describe(JsonException fault, ReadOnlySpan<byte> json, JsonTypeInfo type)
    {
        var position = PositionOf(fault);
        if (fault is JsonValueException value)
        {
            return value.NamesValue ? $"{value.Message}{position}" : $"{value.Path}: {value.Message}{position}";
        }

        if (IsSyntax(fault))
        {
            return DescribeSyntax(fault, json);
        }

        var stop = JsonStop.Find(json, type, OffsetOf(fault, json));
        return stop switch
        {
            { Property: { } property, IsRepeated: true } => $"The property '{property}' is given twice{position}.",
            { Token: JsonTokenType.PropertyName, Known: [_, ..] known } =>
                $"There is no property '{stop.Property}' here{position}; there are {Quoted(known)}.",
            { Token: JsonTokenType.PropertyName } => $"There is no property '{stop.Property}' here{position}.",
            { Token: JsonTokenType.EndObject, Missing: [_, ..] missing } =>
                $"These properties are missing: {Quoted(missing)}.",
            _ => $"The value at {fault.Path} has the wrong type{position}.",
        };
    }

    /// <summary>Says what is wrong with text that is not JSON.</summary>
    /// <param name="fault">What the reader reported, directly or to the serializer.</param>
    /// <param name="json">The UTF-8 that it was given.</param>
    public static string DescribeSyntax(JsonException fault, ReadOnlySpan<byte> json) =>
        json.Trim(" \t\r\n"u8).IsEmpty
            ? "The body is empty; it must be JSON."
            : $"It is not valid JSON: it ends too early, or something does not belong there{PositionOf(fault)}.";

    /// <summary>
    /// Whether the text is not JSON: the reader has its own kind of exception, which the serializer wraps.
    /// </summary>
    /// <param name="fault">What the reader or the serializer reported.</param>
    public static bool IsSyntax(JsonException fault) =>
        fault is not JsonValueException
        && (fault.InnerException is JsonException || fault.GetType() != typeof(JsonException));

    private static string Quoted(IEnumerable<string> names) => string.Join(", ", names.Select(name => $"'{name}'"));

    private static string PositionOf(JsonException fault) => fault.LineNumber is { } line
        ? $" (line {line + 1}, byte {fault.BytePositionInLine + 1})"
        : "";

    private static long OffsetOf(JsonException fault, ReadOnlySpan<byte> json)
    {
        var start = 0;
        for (var line = fault.LineNumber ?? 0; line > 0; line--)
        {
            start += json[start..].IndexOf((byte)'\n') + 1;
        }

        return start + (fault.BytePositionInLine ?? 0);
    }
}
