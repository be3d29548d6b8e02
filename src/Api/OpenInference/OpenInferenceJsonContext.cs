using System.Text.Json;
using System.Text.Json.Serialization;

namespace SoftmaxService.Api.OpenInference;

/// <summary>The answers under <c>/v2</c> that are not tensors.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(ServerMetadata))]
[JsonSerializable(typeof(ServerLive))]
[JsonSerializable(typeof(ServerReady))]
[JsonSerializable(typeof(ModelReady))]
[JsonSerializable(typeof(ModelMetadata))]
[JsonSerializable(typeof(IReadOnlyList<RepositoryEntry>))]
[JsonSerializable(typeof(RepositoryModelLoaded))]
[JsonSerializable(typeof(RepositoryModelUnloaded))]
[JsonSerializable(typeof(OpenInferenceError))]
internal sealed partial class OpenInferenceJsonContext : JsonSerializerContext;
