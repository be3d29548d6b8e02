using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Mvc;
using SoftmaxService.Api.Endpoints.Calibrate;
using SoftmaxService.Api.Endpoints.Classify;
using SoftmaxService.Api.Endpoints.Health;
using SoftmaxService.Api.Endpoints.Logits;
using SoftmaxService.Api.Endpoints.Models;
using SoftmaxService.Api.OpenInference;
using SoftmaxService.Inference.Calibration;

namespace SoftmaxService.Api.Wire;

/// <summary>Every type that is read from or written to the wire. Strict: unknown and repeated properties are refused.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    NumberHandling = JsonNumberHandling.Strict,
    PropertyNameCaseInsensitive = false,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(ClassifyJsonRequest))]
[JsonSerializable(typeof(ClassifyResponse))]
[JsonSerializable(typeof(ClassifyBatchResponse))]
[JsonSerializable(typeof(ClassifyBatchError))]
[JsonSerializable(typeof(SoftmaxRequest))]
[JsonSerializable(typeof(SoftmaxGradientRequest))]
[JsonSerializable(typeof(CalibrateRequest))]
[JsonSerializable(typeof(ManifestCalibration))]
[JsonSerializable(typeof(Uncertainty))]
[JsonSerializable(typeof(ModelListResponse))]
[JsonSerializable(typeof(ModelResponse))]
[JsonSerializable(typeof(ModelVersionsResponse))]
[JsonSerializable(typeof(LiveResponse))]
[JsonSerializable(typeof(ReadyResponse))]
[JsonSerializable(typeof(ServerMetadata))]
[JsonSerializable(typeof(ServerLive))]
[JsonSerializable(typeof(ServerReady))]
[JsonSerializable(typeof(ModelReady))]
[JsonSerializable(typeof(ModelMetadata))]
[JsonSerializable(typeof(IReadOnlyList<RepositoryEntry>))]
[JsonSerializable(typeof(RepositoryModelLoaded))]
[JsonSerializable(typeof(RepositoryModelUnloaded))]
[JsonSerializable(typeof(OpenInferenceError))]
[JsonSerializable(typeof(ProblemDetails))]
[JsonSerializable(typeof(string))]
internal sealed partial class ApiJsonContext : JsonSerializerContext;
