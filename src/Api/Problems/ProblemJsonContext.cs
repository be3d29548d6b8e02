using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Mvc;

namespace SoftmaxService.Api.Problems;

/// <summary>The problem document; its extensions <c>code</c> and <c>traceId</c> are strings.</summary>
[JsonSerializable(typeof(ProblemDetails))]
[JsonSerializable(typeof(string))]
internal sealed partial class ProblemJsonContext : JsonSerializerContext
{
    /// <summary>Leaves quotes readable, as in every other answer: a document is not embedded in HTML.</summary>
    public static ProblemJsonContext Readable { get; } =
        new(new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        });
}
