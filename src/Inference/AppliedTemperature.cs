using System.Text.Json.Serialization;

namespace SoftmaxService.Inference;

/// <summary>Where a temperature came from. Names as on the wire.</summary>
public enum TemperatureSource
{
    /// <summary>The caller chose it.</summary>
    [JsonStringEnumMemberName("request")]
    Request,

    /// <summary>It was fitted on held-out data and is stored in the model's manifest.</summary>
    [JsonStringEnumMemberName("calibrated")]
    Calibrated,

    /// <summary>Neither: it is 1.</summary>
    [JsonStringEnumMemberName("default")]
    Default,
}

/// <summary>A temperature and where it came from.</summary>
/// <param name="Value">T, &gt; 0 and finite.</param>
/// <param name="Source">Where it came from.</param>
public readonly record struct AppliedTemperature(float Value, TemperatureSource Source)
{
    /// <summary>The temperature of an answer: the requested one, else the calibrated one, else 1.</summary>
    /// <param name="requested">The caller's T; null where the caller chose none.</param>
    /// <param name="calibrated">The model's T; null where the model is not calibrated.</param>
    public static AppliedTemperature Resolve(float? requested, float? calibrated) => (requested, calibrated) switch
    {
        ({ } value, _) => new AppliedTemperature(value, TemperatureSource.Request),
        (null, { } value) => new AppliedTemperature(value, TemperatureSource.Calibrated),
        _ => new AppliedTemperature(1f, TemperatureSource.Default),
    };
}
