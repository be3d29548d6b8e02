using System.Text.Json;
using System.Text.Json.Serialization;

namespace SoftmaxService.Api.Endpoints.Health;

/// <summary>The answers of <c>GET /health/live</c> and <c>/health/ready</c>.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(LiveResponse))]
[JsonSerializable(typeof(ReadyResponse))]
internal sealed partial class HealthJsonContext : JsonSerializerContext;
