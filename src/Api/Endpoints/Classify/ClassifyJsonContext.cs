using System.Text.Json;
using System.Text.Json.Serialization;
using SoftmaxService.Inference;

namespace SoftmaxService.Api.Endpoints.Classify;

/// <summary>The answers of <c>POST /classify</c>.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(ClassifyResponse))]
[JsonSerializable(typeof(ClassifyBatchResponse))]
[JsonSerializable(typeof(ClassifyBatchError))]
[JsonSerializable(typeof(LabelledPredictionSet))]
internal sealed partial class ClassifyJsonContext : JsonSerializerContext;
