using System.Text.Json.Serialization;

namespace SoftmaxService.Api.Endpoints.Images;

/// <summary>The JSON body of the routes that take images.</summary>
[JsonSerializable(typeof(ClassifyJsonRequest))]
internal sealed partial class ImagesJsonContext : JsonSerializerContext;
