using System.Text.Json;
using System.Text.Json.Serialization;
using SoftmaxService.Inference.Calibration;

namespace SoftmaxService.Api.Endpoints.Logits;

/// <summary>
/// The bodies of <c>POST /softmax</c> and <c>/softmax/gradient</c>, and the part of an answer that is not numbers.
/// </summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(SoftmaxRequest))]
[JsonSerializable(typeof(SoftmaxGradientRequest))]
[JsonSerializable(typeof(Uncertainty))]
internal sealed partial class LogitsJsonContext : JsonSerializerContext;
