using System.Text.Json;
using System.Text.Json.Serialization;

namespace SoftmaxService.Api.Endpoints.Logits;

/// <summary>The bodies of <c>POST /softmax</c> and <c>/softmax/gradient</c>.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(SoftmaxRequest))]
[JsonSerializable(typeof(SoftmaxGradientRequest))]
internal sealed partial class LogitsJsonContext : JsonSerializerContext;
