using System.Text.Json.Serialization;

namespace SoftmaxService.Api.Wire;

/// <summary>What every edge reads and writes with.</summary>
internal static class WireSetup
{
    public static void AddWire(this IServiceCollection services)
    {
        services.AddSingleton<BodyGate>();
        services.AddSingleton<RequestJson>();
        services.AddJson(WireJsonContext.Default);
        services.ConfigureHttpJsonOptions(json =>
            json.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull);
    }

    /// <summary>Adds the wire types of an edge to those that bodies and answers may have.</summary>
    public static void AddJson(this IServiceCollection services, JsonSerializerContext context) =>
        services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, context));
}
