using System.Text.Json.Serialization;

namespace SoftmaxService.Api.Wire;

/// <summary>
/// What the framework asks for although no edge sends it. Without a contract here, it would set up the contracts that
/// are made by reflection, with the first request.
/// </summary>
[JsonSerializable(typeof(object))]
internal sealed partial class WireJsonContext : JsonSerializerContext;
