using SoftmaxService.Api.Settings;
using SoftmaxService.Inference.Imaging;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Api.Processes.Decoding;

/// <summary>Says where images are decoded.</summary>
internal static class DecodersSetup
{
    // For the runtime, beside the image.
    private const long RuntimeBytes = 128 << 20;

    public static void AddDecoders(this IServiceCollection services)
    {
        services.AddSingleton<DecoderMetrics>();
        services.AddSingleton(provider => new DecoderPool(
            ChildProgram.Find() ?? throw new SettingException(
                "Imaging:Isolation is 'process', but the service is hosted by another program, which cannot decode."),
            MemoryOf(provider.GetRequiredService<LoadOptions>(), provider.GetRequiredService<LimitsOptions>()),
            provider.GetRequiredService<DecoderMetrics>(),
            provider.GetRequiredService<ILogger<DecoderPool>>()));
    }

    /// <summary>The processes that decode images; null if the service does so itself.</summary>
    public static IDecoderPool? GetDecoders(this IServiceProvider provider) =>
        provider.GetRequiredService<ImagingOptions>().IsIsolated ? provider.GetRequiredService<DecoderPool>() : null;

    private static long MemoryOf(LoadOptions load, LimitsOptions limits) =>
        RuntimeBytes + limits.MaxRequestBodyBytes + (load.MaxDecodeBytes ?? new ModelSettings().DecodeMemory.Total);
}
