using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using SoftmaxService.Api.Problems;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Api.Wire;

/// <summary>Rejects a body that is not JSON, or not the JSON that a route accepts.</summary>
internal static class MalformedJson
{
    /// <summary>Rejects what the serializer could not read.</summary>
    public static RequestException Reject(JsonException fault, ReadOnlySpan<byte> json, JsonTypeInfo type) =>
        JsonFault.IsSyntax(fault)
            ? RejectSyntax(fault, json, type.Options.MaxDepth)
            : new RequestException(Problem.MalformedJson, JsonFault.Describe(fault, json, type));

    /// <summary>
    /// Rejects what is not JSON, or JSON that is nested too deeply, for which the reader has the same exception.
    /// </summary>
    public static RequestException RejectSyntax(JsonException fault, ReadOnlySpan<byte> json, int maxDepth) =>
        JsonNesting.IsTooDeep(fault, json, maxDepth)
            ? JsonNesting.TooDeep(maxDepth)
            : new RequestException(Problem.MalformedJson, JsonFault.DescribeSyntax(fault, json));
}
