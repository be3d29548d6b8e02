using System.Runtime.CompilerServices;
using System.Text.Json;
using SoftmaxService.Api.Settings;

namespace SoftmaxService.Api.Wire;

/// <summary>The wire types as one service reads them: within its limits.</summary>
internal static class RequestJson
{
    // Converters are made by the serializer and are told nothing but its options.
    private static readonly ConditionalWeakTable<JsonSerializerOptions, LimitsOptions> Limits = [];

    public static ApiJsonContext Within(LimitsOptions limits)
    {
        var context = new ApiJsonContext(new JsonSerializerOptions(ApiJsonContext.Default.Options) { MaxDepth = limits.MaxJsonDepth });
        Limits.Add(context.Options, limits);
        return context;
    }

    public static int MaxLogits(JsonSerializerOptions options) => Limits.TryGetValue(options, out var limits) ? limits.MaxLogitsPerRequest : int.MaxValue;
}
