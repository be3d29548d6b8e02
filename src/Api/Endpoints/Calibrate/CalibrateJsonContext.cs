using System.Text.Json;
using System.Text.Json.Serialization;
using SoftmaxService.Inference.Calibration;

namespace SoftmaxService.Api.Endpoints.Calibrate;

/// <summary>The body and the answer of <c>POST /calibrate</c>.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(CalibrateRequest))]
[JsonSerializable(typeof(ManifestCalibration))]
internal sealed partial class CalibrateJsonContext : JsonSerializerContext;
