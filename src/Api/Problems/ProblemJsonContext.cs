using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Mvc;

namespace SoftmaxService.Api.Problems;

/// <summary>The problem document; its extensions <c>code</c> and <c>traceId</c> are strings.</summary>
[JsonSerializable(typeof(ProblemDetails))]
[JsonSerializable(typeof(string))]
internal sealed partial class ProblemJsonContext : JsonSerializerContext;
