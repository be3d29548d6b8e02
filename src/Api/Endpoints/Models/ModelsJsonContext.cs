using System.Text.Json;
using System.Text.Json.Serialization;

namespace SoftmaxService.Api.Endpoints.Models;

/// <summary>The answers of <c>GET /models…</c>.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(ModelListResponse))]
[JsonSerializable(typeof(ModelResponse))]
[JsonSerializable(typeof(ModelVersionsResponse))]
internal sealed partial class ModelsJsonContext : JsonSerializerContext;
