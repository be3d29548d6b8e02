using System.Text.Json;
using System.Text.RegularExpressions;

namespace SoftmaxService.Inference.Faults;

/// <summary>Says what is wrong with JSON in its writer's terms: the serializer's own messages speak of .NET types.</summary>
public static partial class JsonFault
{
    /// <summary>One sentence with the place where reading stopped.</summary>
    /// <param name="fault">What the serializer reported.</param>
    public static string Describe(JsonException fault)
    {
        var place = fault.LineNumber is { } line ? $" (line {line + 1}, byte {fault.BytePositionInLine + 1})" : "";
        if (Unmapped().Match(fault.Message) is { Success: true } unmapped)
        {
            return $"There is no property '{unmapped.Groups[1].Value}' here{place}.";
        }

        if (Repeated().Match(fault.Message) is { Success: true } repeated)
        {
            return $"The property '{repeated.Groups[1].Value}' is given twice{place}.";
        }

        if (fault.Message.StartsWith("The input does not contain any JSON tokens", StringComparison.Ordinal))
        {
            return "The body is empty; it must be JSON.";
        }

        if (Missing().Match(fault.Message) is { Success: true } missing)
        {
            return $"These properties are missing: {missing.Groups[1].Value.TrimEnd('.')}.";
        }

        if (fault.InnerException is JsonException || fault.GetType() != typeof(JsonException))
        {
            return $"It is not valid JSON: it ends too early, or something does not belong there{place}.";
        }

        return fault.Message.StartsWith("The JSON value could not be converted", StringComparison.Ordinal) || fault.Message.Contains("allow null values", StringComparison.Ordinal)
            ? $"The value at {fault.Path} has the wrong type{place}."
            : (fault.Path is null or "$" || !fault.Message.StartsWith("It must", StringComparison.Ordinal) ? "" : $"{fault.Path}: ") + PlaceSuffix().Replace(fault.Message, "") + place;
    }

    [GeneratedRegex("^The JSON property '(.*?)' could not be mapped")]
    private static partial Regex Unmapped();

    [GeneratedRegex("^Duplicate property '(.*?)'")]
    private static partial Regex Repeated();

    [GeneratedRegex("was missing required properties including: (.*?)\\.?$")]
    private static partial Regex Missing();

    [GeneratedRegex(" Path: .* \\| LineNumber: .*$")]
    private static partial Regex PlaceSuffix();
}
