using System.Text.Json.Serialization;

namespace SoftmaxService.Api.Wire;

/// <summary>The JSON that several edges share.</summary>
[JsonSerializable(typeof(ClassifyJsonRequest))]
internal sealed partial class WireJsonContext : JsonSerializerContext;
